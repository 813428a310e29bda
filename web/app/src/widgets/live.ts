/**
 * What feeds give a widget, shown as it comes: drawn by that widget alone, at most once per frame,
 * and only while it can be seen. It has the shape of the widget's `data` and is shown over it.
 */

import type { Board, LiveValue, WidgetJson } from "@weft/client";
import { useEffect, useMemo, useState } from "preact/hooks";

import { useVisibility } from "./nearness.ts";

interface Box {
  readonly current: Element | null;
}

export function useLive(board: Board, id: string, box: Box): LiveValue | undefined {
  const [live, setLive] = useState(() => board.live.get(id));
  const isSeen = useVisibility(box);
  useEffect(() => {
    if (!isSeen) return;
    let frame = 0;
    const look = (): void => {
      frame = 0;
      setLive(board.live.get(id));
    };
    const end = board.listen(({ kind }) => {
      if (kind === "live") frame ||= requestAnimationFrame(look);
    });
    look();
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [board, id, isSeen]);
  return live;
}

/** The widget as it is shown: what is fed lies over what it holds, key by key. */
export function useFed(
  widget: Readonly<WidgetJson>,
  live: LiveValue | undefined,
): Readonly<WidgetJson> {
  return useMemo(
    () => (live === undefined ? widget : { ...widget, data: { ...widget.data, ...live.value } }),
    [widget, live],
  );
}
