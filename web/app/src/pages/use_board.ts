/** A board in a component: joined while it is shown. */

import type { Board, WeftError } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

import type { Session } from "../session/session.ts";

const shown = new WeakSet<Board>();

export interface Joined {
  readonly board: Board | null;
  readonly fault: WeftError | Error | null;
}

export function useBoard(session: Session, id: string): Joined {
  const [joined, setJoined] = useState<Joined>({ board: null, fault: null });
  useEffect(() => {
    let isShown = true;
    const joining = session.client.join(id);
    joining.then(
      (board) => {
        if (!isShown) return;
        shown.add(board);
        setJoined({ board, fault: null });
      },
      (fault: Error) => isShown && setJoined({ board: null, fault }),
    );
    return () => {
      isShown = false;
      joining.then(leaveWhenSaved, () => {});
    };
  }, [session, id]);
  return joined;
}

/** Whoever goes back to the list keeps the board until what they typed is durable. */
async function leaveWhenSaved(board: Board): Promise<void> {
  shown.delete(board);
  await board.saved().catch(() => {});
  if (!board.isOver && !shown.has(board)) await board.leave(); // unless it is shown again
}
