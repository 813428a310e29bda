/** One dashboard: its bar, its widgets, who is there, and what has become of one's edits. */

import { type Board, type Status, WeftError } from "@weft/client";
import { useCallback, useEffect, useState } from "preact/hooks";

import { HistoryDialog } from "../dialogs/History.tsx";
import { ShareDialog } from "../dialogs/Share.tsx";
import { EmptyBoard } from "../grid/Adding.tsx";
import { Grid } from "../grid/Grid.tsx";
import { useActivity } from "../people/activity.ts";
import { NoticeList } from "../people/NoticeList.tsx";
import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { useLook } from "../parts/looks.ts";
import { editsOf } from "../parts/SavedIndicator.tsx";
import { Toasts } from "../parts/Toasts.tsx";
import { follow } from "../session/route.ts";
import type { Session } from "../session/session.ts";
import { BoardBar } from "./BoardBar.tsx";
import { useBoard } from "./use_board.ts";

const OFFLINE_TOLD_AFTER_MS = 700; // who is back sooner need not know, and nothing jumps

interface Props {
  readonly session: Session;
  readonly id: string;
  readonly leave: () => void;
}

export function BoardPage({ session, id }: Props) {
  const { board, fault } = useBoard(session, id);
  if (fault !== null) return <Closed fault={fault} session={session} />;
  if (board === null) return <Opening />;
  return <JoinedBoard board={board} session={session} />;
}

interface JoinedProps {
  readonly board: Board;
  readonly session: Session;
}

function JoinedBoard({ board, session }: JoinedProps) {
  const fault = useLook(board, ({ status }) => (status.state === "failed" ? status.error : null));
  const title = useLook(board, ({ document }) => document.fields.title);
  useEffect(() => {
    document.title = `${title || "Untitled"} · Weft`;
  }, [title]);
  if (fault !== null) return <Closed fault={fault} session={session} />;
  return <OpenBoard board={board} session={session} />;
}

function OpenBoard({ board, session }: JoinedProps) {
  const [dialog, setDialog] = useState<"share" | "history" | null>(null);
  const [said, setSaid] = useState("");
  const [leaderId, setLeaderId] = useState<string | null>(null);
  const permissions = useLook(board, (now) => now.permissions);
  const may = (cell: string): boolean => permissions.includes(cell);
  const canEdit = may("write widget");
  useUndoKeys(board, canEdit);
  useActivity(board);
  const stopFollowing = useCallback(() => setLeaderId(null), []);
  const closeDialog = (): void => setDialog(null);

  return (
    <div class="page">
      <BoardBar
        board={board}
        session={session}
        may={may}
        leaderId={leaderId}
        follow={setLeaderId}
        open={setDialog}
      />
      <OfflineBanner board={board} />
      <NoticeList board={board} session={session} />
      <main class="board" aria-label="Dashboard">
        <Description board={board} />
        <Grid
          board={board}
          session={session}
          canEdit={canEdit}
          canRemove={may("delete widget")}
          canLock={may("admin widget")}
          announce={setSaid}
          leaderId={leaderId}
          stopFollowing={stopFollowing}
        />
        <Emptiness board={board} canEdit={canEdit} />
      </main>
      <p class="hidden" aria-live="polite">
        {said}
      </p>
      <Toasts />
      {dialog === "share" && <ShareDialog board={board} session={session} close={closeDialog} />}
      {dialog === "history" && (
        <HistoryDialog board={board} session={session} close={closeDialog} />
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

function Description({ board }: { readonly board: Board }) {
  const description = useLook(board, ({ document }) => document.fields.description);
  return description ? <p class="soft description">{description}</p> : null;
}

function Emptiness({ board, canEdit }: { readonly board: Board; readonly canEdit: boolean }) {
  const isEmpty = useLook(board, ({ document }) => document.widgetCount === 0);
  return isEmpty ? <EmptyBoard board={board} canEdit={canEdit} /> : null;
}

function OfflineBanner({ board }: { readonly board: Board }) {
  const offline = useLook<Status | null>(board, ({ status }) =>
    status.state === "offline" ? status : null,
  );
  const lasts = useLasting(offline !== null);
  if (offline === null || !lasts) return null;
  return (
    <p class="offline-banner" role="status">
      <Icon name="offline" /> No connection. You can go on editing
      {offline.pending > 0 ? `; ${editsOf(offline)} kept here will be sent.` : "."}
    </p>
  );
}

/** Whether it has been so for a while. */
function useLasting(isSo: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!isSo) return setLasts(false);
    const timer = setTimeout(() => setLasts(true), OFFLINE_TOLD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isSo]);
  return isSo && lasts;
}

interface ClosedProps {
  readonly fault: Error;
  readonly session: Session;
}

function Closed({ fault, session }: ClosedProps) {
  const code = fault instanceof WeftError ? fault.code : "";
  const isSignedOut = code === "unauthenticated";
  useEffect(() => {
    if (isSignedOut) session.expire();
  }, [isSignedOut]);
  if (isSignedOut) return null;
  const isHidden = ["unknown_dashboard", "forbidden"].includes(code);
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
