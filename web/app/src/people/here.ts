/** Who else has this dashboard open, as the server knows it; asked for only while somebody looks. */

import type { Board, News } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

import type { Profile } from "../session/api.ts";
import type { Session } from "../session/session.ts";

const LOOK_EVERY_MS = 10_000;

/** Others, by name; and from now on their names are known wherever they are told of. */
export function useOthersHere(board: Board, session: Session): readonly Profile[] {
  const [others, setOthers] = useState<readonly Profile[]>([]);
  useEffect(() => {
    let isShown = true;
    const look = async (): Promise<void> => {
      if (document.visibilityState !== "visible" || board.status.state === "offline") return;
      const path = `/api/dashboards/${board.dashboardId}/online`;
      const { users } = await session.api.get<{ users: readonly Profile[] }>(path);
      session.learn(users);
      if (isShown) setOthers(users.filter(({ id }) => id !== session.user.id));
    };
    const lookNow = (): void => void look().catch(() => {}); // the next look may be answered
    const hear = (news: News): void => {
      const isStranger = news.kind === "show" && news.userId && !session.knows(news.userId);
      if (isStranger) lookNow();
    };
    lookNow();
    const end = board.listen(hear);
    const timer = setInterval(lookNow, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", lookNow);
    return () => {
      isShown = false;
      end();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", lookNow);
    };
  }, [board, session]);
  return others;
}
