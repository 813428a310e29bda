/** One dashboard: its bar, its widgets, who is there, and what has become of one's edits. */

import { type Board, type Status, WeftError } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

import { HistoryDialog } from "../dialogs/History.tsx";
import { ShareDialog } from "../dialogs/Share.tsx";
import { AddMenu, EmptyBoard } from "../grid/Adding.tsx";
import { Grid } from "../grid/Grid.tsx";
import { useActivity } from "../people/activity.ts";
import { NoticeList } from "../people/NoticeList.tsx";
import { Roster } from "../people/Roster.tsx";
import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { LiveInput } from "../parts/LiveInput.tsx";
import { editsOf, SavedIndicator } from "../parts/SavedIndicator.tsx";
import { Toasts } from "../parts/Toasts.tsx";
import { follow } from "../session/route.ts";
import type { Session } from "../session/session.ts";
import { useBoard, useChanges } from "./use_board.ts";

interface Props {
  readonly session: Session;
  readonly id: string;
  readonly leave: () => void;
}

export function BoardPage({ session, id }: Props) {
  const { board, fault } = useBoard(session, id);
  useChanges(board);
  useEffect(() => {
    if (board !== null) document.title = `${board.document.fields.title || "Untitled"} · Weft`;
  });
  const closed = fault ?? (board?.status.state === "failed" ? board.status.error : null);
  const isSignedOut = closed instanceof WeftError && closed.code === "unauthenticated";
  useEffect(() => {
    if (isSignedOut) session.expire(); // what is not sent waits here for the next sign-in
  }, [isSignedOut]);
  if (closed !== null) return isSignedOut ? null : <Closed fault={closed} />;
  if (board === null) return <Opening />;
  return <OpenBoard board={board} session={session} />;
}

function OpenBoard({ board, session }: { readonly board: Board; readonly session: Session }) {
  const [dialog, setDialog] = useState<"share" | "history" | null>(null);
  const [said, setSaid] = useState("");
  const may = (cell: string): boolean => board.permissions.includes(cell);
  const canEdit = may("write widget");
  const { status } = board;
  useUndoKeys(board, canEdit);
  const [leaderId, setLeaderId] = useState<string | null>(null);
  useActivity(board);

  return (
    <div class="page">
      <header class="top">
        <a class="button quiet" href="/" onClick={follow} aria-label="All dashboards">
          <Icon name="back" />
        </a>
        <h1 class="board-title">
          <LiveInput
            board={board}
            target={null}
            path={["title"]}
            text={board.document.fields.title}
            label="Title of the dashboard"
            placeholder="Untitled"
            disabled={!may("write dashboard")}
          />
        </h1>
        <SavedIndicator status={status} />
        {!canEdit && <span class="tag">View only</span>}
        <span class="grow" />
        <Roster board={board} session={session} leaderId={leaderId} follow={setLeaderId} />
        {canEdit && (
          <>
            <button
              class="quiet wide-only"
              aria-label="Undo"
              title="Undo (Ctrl+Z)"
              disabled={!board.canUndo}
              onClick={() => attempt(() => board.undo())}
            >
              <Icon name="undo" />
            </button>
            <button
              class="quiet wide-only"
              aria-label="Redo"
              title="Redo (Ctrl+Shift+Z)"
              disabled={!board.canRedo}
              onClick={() => attempt(() => board.redo())}
            >
              <Icon name="redo" />
            </button>
          </>
        )}
        <button
          class="quiet"
          aria-label="Past versions"
          title="Past versions"
          onClick={() => setDialog("history")}
        >
          <Icon name="history" />
        </button>
        {may("read collaborators") && (
          <button onClick={() => setDialog("share")}>
            <Icon name="share" /> <span class="wide-only">Share</span>
          </button>
        )}
        {canEdit && <AddMenu board={board} />}
      </header>
      {status.state === "offline" && <OfflineBanner status={status} />}
      <NoticeList board={board} session={session} />
      <main class="board" aria-label="Dashboard">
        {board.document.fields.description && (
          <p class="soft description">{board.document.fields.description}</p>
        )}
        <Grid
          board={board}
          session={session}
          canEdit={canEdit}
          canRemove={may("delete widget")}
          canLock={may("admin widget")}
          announce={setSaid}
          leaderId={leaderId}
          stopFollowing={() => setLeaderId(null)}
        />
        {board.document.widgetCount === 0 && <EmptyBoard board={board} canEdit={canEdit} />}
      </main>
      <p class="hidden" aria-live="polite">
        {said}
      </p>
      <Toasts />
      {dialog === "share" && (
        <ShareDialog board={board} session={session} close={() => setDialog(null)} />
      )}
      {dialog === "history" && (
        <HistoryDialog board={board} session={session} close={() => setDialog(null)} />
      )}
    </div>
  );
}

/** Shown when it takes long enough to be noticed. */
function Opening() {
  return (
    <main class="opening" aria-busy="true" aria-label="Opening">
      <span class="opening-bar" />
    </main>
  );
}

function OfflineBanner({ status }: { readonly status: Status }) {
  return (
    <p class="offline-banner" role="status">
      <Icon name="offline" /> No connection. You can go on editing
      {status.pending > 0 ? `; ${editsOf(status)} kept here will be sent.` : "."}
    </p>
  );
}

function Closed({ fault }: { readonly fault: Error }) {
  const isHidden =
    fault instanceof WeftError && ["unknown_dashboard", "forbidden"].includes(fault.code);
  return (
    <main class="sign-in">
      <div class="sign-in-card" role="alert">
        <h1>{isHidden ? "Not open to you" : "This dashboard is closed"}</h1>
        <p class="soft">
          {isHidden ? "It does not exist, or it is not shared with you." : fault.message}
        </p>
        <a class="button primary" href="/" onClick={follow}>
          All dashboards
        </a>
      </div>
    </main>
  );
}

/** Before the editors see them: undo is the board's. */
function useUndoKeys(board: Board, canEdit: boolean): void {
  useEffect(() => {
    if (!canEdit) return;
    const onKey = (event: KeyboardEvent): void => {
      const key = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(key)) return;
      if ((event.target as Element).closest("dialog")) return;
      event.preventDefault();
      event.stopPropagation();
      const isRedo = key === "y" || event.shiftKey;
      attempt(() => (isRedo ? board.redo() : board.undo()));
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [board, canEdit]);
}
