/** What stands above a dashboard: its title, whether it is saved, who is here, and what can be done. */

import type { Board } from "@weft/client";

import { AddMenu } from "../grid/Adding.tsx";
import { Roster } from "../people/Roster.tsx";
import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { LiveInput } from "../parts/LiveInput.tsx";
import { useLook } from "../parts/looks.ts";
import { SavedIndicator } from "../parts/SavedIndicator.tsx";
import { follow as followLink } from "../session/route.ts";
import type { Session } from "../session/session.ts";

interface Props {
  readonly board: Board;
  readonly session: Session;
  readonly may: (cell: string) => boolean;
  readonly leaderId: string | null; // of a connection
  readonly follow: (connectionId: string | null) => void;
  readonly open: (dialog: "share" | "history") => void;
}

export function BoardBar({ board, session, may, leaderId, follow, open }: Props) {
  const canEdit = may("write widget");
  return (
    <header class={canEdit ? "top with-tools" : "top"}>
      <a class="button quiet" href="/" onClick={followLink} aria-label="All dashboards">
        <Icon name="back" />
      </a>
      <Title board={board} canEdit={may("write dashboard")} />
      <SavedIndicator board={board} />
      {!canEdit && <span class="tag">View only</span>}
      <span class="grow" />
      <Roster board={board} session={session} leaderId={leaderId} follow={follow} />
      <div class="tools">
        {canEdit && <UndoTools board={board} />}
        <button
          class="quiet"
          aria-label="Past versions"
          title="Past versions"
          onClick={() => open("history")}
        >
          <Icon name="history" />
        </button>
        {may("read collaborators") && (
          <button onClick={() => open("share")}>
            <Icon name="share" /> Share
          </button>
        )}
        {canEdit && <AddMenu board={board} />}
      </div>
    </header>
  );
}

function Title({ board, canEdit }: { readonly board: Board; readonly canEdit: boolean }) {
  const title = useLook(board, ({ document }) => document.fields.title);
  return (
    <h1 class="board-title">
      <LiveInput
        board={board}
        target={null}
        path={["title"]}
        text={title}
        label="Title of the dashboard"
        placeholder="Untitled"
        disabled={!canEdit}
      />
    </h1>
  );
}

function UndoTools({ board }: { readonly board: Board }) {
  const canUndo = useLook(board, (now) => now.canUndo);
  const canRedo = useLook(board, (now) => now.canRedo);
  return (
    <div class="undo-tools" role="group" aria-label="Undo and redo">
      <button
        class="quiet"
        aria-label="Undo"
        title="Undo (Ctrl+Z)"
        disabled={!canUndo}
        onClick={() => attempt(() => board.undo())}
      >
        <Icon name="undo" />
      </button>
      <button
        class="quiet"
        aria-label="Redo"
        title="Redo (Ctrl+Shift+Z)"
        disabled={!canRedo}
        onClick={() => attempt(() => board.redo())}
      >
        <Icon name="redo" />
      </button>
    </div>
  );
}
