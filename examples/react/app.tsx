/** Notes that several people write, in React: each note draws again when it alone has changed. */

import {
  useBoard,
  useDocument,
  usePresence,
  useStatus,
  useWeft,
  useWidget,
} from "@weft/client/react";
import type { Board } from "@weft/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const TEXT = ["config", "text"];
const PLACE = { x: 0, y: 0, width: 4, height: 2 };

interface Given {
  readonly url: string;
  readonly token: string;
  readonly dashboard: string;
}

function App({ url, token, dashboard }: Given) {
  const client = useWeft(url, { token });
  const { board, error } = useBoard(client, dashboard);
  const others = usePresence(board);
  const status = useStatus(board);
  if (error !== null) return <p role="alert">{error.message}</p>;
  if (board === null) return <p>Opening…</p>;
  const add = () =>
    board.addWidget({ type: "text", position: PLACE, config: { text: "" } });
  return (
    <>
      <button onClick={add}>Add a note</button>
      <button onClick={() => board.undo()}>Undo</button>
      <output>{status?.state}</output>, {others.length} others are here
      <Notes board={board} />
    </>
  );
}

function Notes({ board }: { readonly board: Board }) {
  const ids = useDocument(board)?.widgetIds() ?? [];
  return ids.map((id) => <Note key={id} board={board} id={id} />);
}

function Note({ board, id }: { readonly board: Board; readonly id: string }) {
  const note = useWidget(board, id);
  if (note === null) return null;
  const text = `${board.document.valueAt(id, TEXT) ?? ""}`;
  return (
    <textarea
      value={text}
      onChange={({ target }) => board.setText(id, TEXT, target.value)}
    />
  );
}

const given = Object.fromEntries(
  new URLSearchParams(location.hash.slice(1)),
) as unknown as Given;
createRoot(document.querySelector("main")!).render(
  <StrictMode>
    <App {...given} />
  </StrictMode>,
);
