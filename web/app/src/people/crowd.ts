/**
 * Who else is here, asked for once per frame whatever arrives; only who is shown somebody that has
 * moved is drawn again.
 */

import type { Board } from "@weft/client";
import { useEffect, useMemo, useState } from "preact/hooks";

import { type Visitor, visitorIn } from "./here.ts";

type Visitors = readonly Visitor[];
type Wanted = (visitor: Visitor) => boolean;

/** Of one board, while somebody watches it. */
class Crowd {
  readonly #board: Board;
  readonly #watchers = new Set<() => void>();
  #frame = 0;
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
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  /** Names have been learned. */
  refresh(): void {
    this.#frame ||= requestAnimationFrame(() => this.#tell());
  }

  /** Whether anybody has come, gone or moved. */
  look(): boolean {
    const seen = this.#board.presence.map(visitorIn);
    const known = new Map(this.visitors.map((each) => [each.connectionId, each]));
    const now = seen.map((each) => {
      const before = known.get(each.connectionId);
      return before !== undefined && isSame(before, each) ? before : each;
    });
    if (areSame(this.visitors, now)) return false;
    this.visitors = now;
    return true;
  }

  #begin(): void {
    this.look();
    this.#end = this.#board.listen(({ kind }) => {
      const moves = kind === "presence" || (kind === "show" && this.visitors.length > 0);
      if (moves) this.refresh();
    });
  }

  #tell(): void {
    this.#frame = 0;
    if (this.look()) for (const watcher of [...this.#watchers]) watcher();
  }
}

const crowds = new WeakMap<Board, Crowd>();

export function crowdOf(board: Board): Crowd {
  const known = crowds.get(board) ?? new Crowd(board);
  crowds.set(board, known);
  return known;
}

/** `wanted` depends on what does not change while the component is there. */
export function useVisitors(board: Board, wanted: Wanted = everybody): Visitors {
  const crowd = useMemo(() => crowdOf(board), [board]);
  const [visitors, setVisitors] = useState(() => crowd.visitors.filter(wanted));
  useEffect(
    () =>
      crowd.watch(() => {
        const now = crowd.visitors.filter(wanted);
        setVisitors((before) => (areSame(before, now) ? before : now));
      }),
    [crowd],
  );
  return visitors;
}

function everybody(): boolean {
  return true;
}

function areSame(some: Visitors, others: Visitors): boolean {
  return some.length === others.length && some.every((each, at) => each === others[at]);
}

function isSame(one: Visitor, other: Visitor): boolean {
  return (Object.keys(one) as (keyof Visitor)[]).every((key) => {
    const [before, after] = [one[key], other[key]];
    if (before === after) return true;
    const areObjects = typeof before === "object" && typeof after === "object";
    return areObjects && JSON.stringify(before) === JSON.stringify(after);
  });
}
