/** Edits that were lost, whose they were lost to, and the way back: no edit is lost in silence. */

import type { Board, Notice } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { sameItems, useLook } from "../parts/looks.ts";
import type { Session } from "../session/session.ts";
import { lostPlace, lostText } from "./lost_edit.ts";
import { readMembers } from "./members.ts";
import { profileOf } from "./names.ts";

interface Props {
  readonly board: Board;
  readonly session: Session;
}

const SHOWN = 4;

export function NoticeList({ board, session }: Props) {
  const notices = useLook(board, newest, sameItems);
  useNames(board, session, notices);
  if (notices.length === 0) return null;
  return (
    <section class="notices" aria-label="Lost edits" aria-live="polite">
      {notices.map((notice) => (
        <article class="notice" key={notice.number} data-loss={notice.loss}>
          <Icon name="warning" />
          <div class="grow">
            <strong>{sentenceOf(notice, board, session)}</strong>
            <LostValue notice={notice} />
          </div>
          <div class="notice-tools">
            {notice.hasPlace && (
              <button class="primary" onClick={() => attempt(() => board.restore(notice))}>
                Restore mine
              </button>
            )}
            <button onClick={() => attempt(() => board.dismiss(notice))}>Dismiss</button>
          </div>
        </article>
      ))}
    </section>
  );
}

/** Who has gone again before anybody met them here is asked for. */
function useNames(board: Board, session: Session, notices: readonly Notice[]): void {
  const [, draw] = useState(0);
  const strangers = notices.filter(({ userId }) => userId && !profileOf(userId)).length;
  useEffect(() => {
    if (strangers === 0) return;
    readMembers(session, board.dashboardId).then(
      () => draw((count) => count + 1),
      () => {}, // then it was somebody
    );
  }, [board, session, strangers]);
}

function newest(board: Board): readonly Notice[] {
  return board.notices().slice(-SHOWN);
}

function sentenceOf(notice: Notice, board: Board, session: Session): string {
  const { loss, reason, userId, error } = notice;
  const who = session.nameOf(userId);
  const what = lostPlace(notice, board.document);
  if (loss === "rejected") return `Your edit was refused: ${error?.message ?? reason}`;
  if (loss === "superseded") return `${who} has set ${what || "the same thing"} after you.`;
  if (reason === "target_removed") return `${who} has removed what you were editing.`;
  if (reason === "target_replaced") {
    return `${who} has replaced ${what || "what you were editing"}.`;
  }
  return "Something you typed could not be kept.";
}

function LostValue({ notice }: { readonly notice: Notice }) {
  const text = lostText(notice);
  return text === "" ? null : <small class="soft lost-value">Yours: {text}</small>;
}
