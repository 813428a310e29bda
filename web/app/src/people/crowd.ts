/**
 * Who else is here, asked for once per frame whatever arrives; only who shows something of them that
 * has changed is drawn again.
 */

import type { Board } from "@weft/client";
import { useEffect, useMemo, useState } from "preact/hooks";

import { sameItems, screenOf } from "../parts/looks.ts";
import { type Visitor, visitorIn } from "./here.ts";

type Visitors = readonly Visitor[];
type Wanted = (visitor: Visitor) => boolean;

const ALL: readonly (keyof Visitor)[] = [
  "userId",
  "name",
  "color",
  "picture",
  "isActive",
  "pointer",
  "widgetId",
  "path",
  "caret",
  "view",
];

/** Of one board, while somebody watches it. */
class Crowd {
  readonly #board: Board;
  readonly #watchers = new Set<() => void>();
  #mayHaveMoved = true;
  #end = (): void => {};
  visitors: Visitors = [];

  constructor(board: Board) {
    this.#board = board;
    this.look();
  }

  /** Returns what ends it. */
  watch(watcher: () => void): () => void {
    if (this.#watchers.size === 0) this.#begin();
    this.#watchers.add(watcher);
    watcher();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size > 0) return;
      this.#end();
    };
  }

  /** Names have been learned. */
  refresh(): void {
    this.#mayHaveMoved = true;
    screenOf(this.#board).ask();
  }

  /** Whether anybody has come, gone or moved. */
  look(): boolean {
    const seen = this.#board.presence.map(visitorIn);
    const known = new Map(this.visitors.map((each) => [each.connectionId, each]));
    const now = seen.map((each) => {
      const before = known.get(each.connectionId);
      return before !== undefined && isSame(before, each, ALL) ? before : each;
    });
    if (sameItems(this.visitors, now)) return false;
    this.visitors = now;
    return true;
  }

  #begin(): void {
    this.look();
    const ends = [
      this.#board.listen(({ kind }) => {
        if (kind === "presence" || kind === "show") this.#mayHaveMoved = true;
      }),
      screenOf(this.#board).watch(() => this.#tell()),
    ];
    this.#end = () => ends.forEach((end) => end());
  }

  #tell(): void {
    if (!this.#mayHaveMoved) return;
    this.#mayHaveMoved = false;
    if (this.look()) for (const watcher of [...this.#watchers]) watcher();
  }
}

const crowds = new WeakMap<Board, Crowd>();

export function crowdOf(board: Board): Crowd {
  const known = crowds.get(board) ?? new Crowd(board);
  crowds.set(board, known);
  return known;
}

/**
 * `aspects`: what of them is shown; they are the same visitors until one of these changes. Neither
 * changes while the component is there.
 */
export function useVisitors(
  board: Board,
  aspects: readonly (keyof Visitor)[],
  wanted: Wanted = everybody,
): Visitors {
  const crowd = useMemo(() => crowdOf(board), [board]);
  const [visitors, setVisitors] = useState(() => crowd.visitors.filter(wanted));
  useEffect(
    () =>
      crowd.watch(() => {
        const now = crowd.visitors.filter(wanted);
        setVisitors((before) => (areSame(before, now, aspects) ? before : now));
      }),
    [crowd],
  );
  return visitors;
}

function everybody(): boolean {
  return true;
}

function areSame(some: Visitors, others: Visitors, aspects: readonly (keyof Visitor)[]): boolean {
  return (
    some.length === others.length &&
    some.every((each, at) => {
      const other = others[at]!;
      return each.connectionId === other.connectionId && isSame(each, other, aspects);
    })
  );
}

function isSame(one: Visitor, other: Visitor, aspects: readonly (keyof Visitor)[]): boolean {
  if (one === other) return true;
  return aspects.every((key) => {
    const [before, after] = [one[key], other[key]];
    if (before === after) return true;
    const areObjects = typeof before === "object" && typeof after === "object";
    return areObjects && JSON.stringify(before) === JSON.stringify(after);
  });
}
