/** What part of the grid this window shows, told to the others; and going along with somebody. */

import type { Board } from "@weft/client";
import { useEffect } from "preact/hooks";

import type { Cell } from "../grid/gestures.ts";
import { tell, type View, type Visitor } from "./here.ts";

type Box = { readonly current: HTMLElement | null };

/** On the plane of `here.ts`, in tenths. */
export function viewOf(box: DOMRect, cell: Cell, windowHeight: number): View {
  const tenths = (value: number): number => Math.round(value * 10) / 10;
  return {
    x: 0,
    y: tenths(-box.top / cell.heightPx),
    width: tenths(box.width / cell.widthPx),
    height: tenths(windowHeight / cell.heightPx),
  };
}

/** Tells of it after each scroll and change of size, at most once per frame. */
export function useOwnView(board: Board, box: Box, cell: Cell, isShown: boolean): void {
  useEffect(() => {
    if (!isShown) return tell(board, { view: null });
    let frame = 0;
    const look = (): void => {
      frame = 0;
      if (box.current === null) return;
      tell(board, { view: viewOf(box.current.getBoundingClientRect(), cell, innerHeight) });
    };
    const later = (): void => void (frame ||= requestAnimationFrame(look));
    later();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
      cancelAnimationFrame(frame);
    };
  }, [board, cell.widthPx, isShown]);
}

/** Scroll to where the leader looks, again when they scroll. `stop`: this person goes elsewhere. */
export function useFollowing(leader: Visitor | null, box: Box, cell: Cell, stop: () => void): void {
  const y = leader?.view?.y;
  useEffect(() => {
    if (y === undefined || box.current === null) return;
    const top = box.current.getBoundingClientRect().top + scrollY + y * cell.heightPx;
    scrollTo({ top: Math.max(0, top), behavior: prefersStillness() ? "auto" : "smooth" });
  }, [y, cell.heightPx]);
  const follows = leader !== null;
  useEffect(() => {
    if (!follows) return;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (GOING.includes(key)) stop();
    };
    addEventListener("wheel", stop, { passive: true });
    addEventListener("touchmove", stop, { passive: true });
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("wheel", stop);
      removeEventListener("touchmove", stop);
      removeEventListener("keydown", onKey);
    };
  }, [follows]);
}

const GOING = ["Escape", "PageUp", "PageDown", "Home", "End"];

function prefersStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
