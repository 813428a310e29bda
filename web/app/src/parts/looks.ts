/**
 * What a board shows is drawn where it has changed and nowhere else. Once per frame, whatever has
 * arrived, every look is taken anew, and only those whose answer differs draw again; after them
 * comes what has to be measured, so that the page is laid out once.
 */

import type { Board, News } from "@weft/client";
import { useEffect, useRef, useState } from "preact/hooks";

type Look = () => void;

/** Live data is drawn by the widget that is fed, see `widgets/live.ts`. */
const HEARD: readonly News["kind"][] = ["show", "status", "notify", "permit", "presence"];

/** Of one board, while somebody looks at it. */
class Screen {
  readonly #board: Board;
  readonly #looks = new Set<Look>();
  readonly #measures = new Set<Look>();
  #frame = 0;
  #end = (): void => {};

  constructor(board: Board) {
    this.#board = board;
  }

  /** Returns what ends it. */
  watch(look: Look): () => void {
    return this.#add(this.#looks, look);
  }

  /** The same, after all who look have looked. */
  measure(look: Look): () => void {
    return this.#add(this.#measures, look);
  }

  /** Something beside the board has changed. */
  readonly ask = (): void => {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  };

  #add(looks: Set<Look>, look: Look): () => void {
    if (this.#looks.size + this.#measures.size === 0) {
      this.#end = this.#board.listen(({ kind }) => HEARD.includes(kind) && this.ask());
    }
    looks.add(look);
    return () => {
      looks.delete(look);
      if (this.#looks.size + this.#measures.size > 0) return;
      this.#end();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  #draw(): void {
    this.#frame = 0;
    for (const look of [...this.#looks]) look();
    for (const measure of [...this.#measures]) measure();
  }
}

const screens = new WeakMap<Board, Screen>();

export function screenOf(board: Board): Screen {
  const known = screens.get(board) ?? new Screen(board);
  screens.set(board, known);
  return known;
}

/** What `look` sees: the same object until it is another by `isSame`. */
export function useLook<T>(
  board: Board,
  look: (board: Board) => T,
  isSame: (one: T, other: T) => boolean = Object.is,
): T {
  const [, draw] = useState(0);
  const seen = useRef<{ readonly board: Board; readonly value: T } | null>(null);
  const asked = useRef(look);
  asked.current = look;
  const now = look(board);
  const before = seen.current;
  const value = before?.board === board && isSame(before.value, now) ? before.value : now;
  seen.current = { board, value };
  useEffect(() => {
    const check = (): void => {
      if (!isSame(seen.current!.value, asked.current(board))) draw((count) => count + 1);
    };
    const end = screenOf(board).watch(check);
    check(); // what has come between drawing and listening
    return end;
  }, [board]);
  return value;
}

export function sameItems<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.length === others.length && some.every((each, at) => each === others[at]);
}
