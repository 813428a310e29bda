/**
 * Laws 11 and 17: lists of operations transformed over each other, step by step.
 *
 * The grid: each operation of one list meets each of the other, and what a meeting makes of them
 * meets the next. Where a single meeting keeps the diamond, so does the grid.
 */

import type { JsonValue, Operation, Operations, Path, Reason, Target } from "./operation.ts";
import { meet } from "./pairs.ts";
import type { Loss, Side } from "./pairs.ts";

/** An effect that was lost in a merge, so that its author can be told and can restore it. */
export interface Conflict {
  readonly kind: "superseded" | "discarded"; // a later value is there; its place has gone
  readonly side: Side; // whose effect it was
  readonly number: number; // of its operation in the list given for that side, from 0
  readonly reason: Reason;
  readonly targetId: Target;
  readonly path: Path; // where, as of the moment it was lost
  readonly lost: JsonValue | undefined; // what it would have set or inserted
  readonly winner: Operation;
}

/** `earlier` applies after the given `later`, and `later` after the given `earlier`. */
export interface TransformResult {
  readonly earlier: Operations;
  readonly later: Operations;
  readonly conflicts: readonly Conflict[];
}

/** Two lists made at one document, `earlier` first in server order. */
export function transformPair(earlier: Operations, later: Operations): TransformResult {
  const [a, b] = [earlier[0], later[0]];
  if (a === undefined || b === undefined) return { earlier, later, conflicts: [] };
  if (earlier.length === 1 && later.length === 1) return single(a, b); // the commonest
  const grid = new Grid(earlier);
  const transformed = later.flatMap((each, index) => grid.passOver(each, index));
  return { earlier: grid.columns.flat(), later: transformed, conflicts: grid.conflicts };
}

function single(a: Operation, b: Operation): TransformResult {
  const meeting = meet(a, b);
  if (meeting === null) return { earlier: [a], later: [b], conflicts: [] };
  const { earlier, later, loss } = meeting;
  return { earlier, later, conflicts: loss === undefined ? [] : [conflictOf(loss, a, b, 0, 0)] };
}

/** `operations` as they apply after `over`; `side` is their own place in server order. */
export function transform(operations: Operations, over: Operations, side: Side): Operations {
  if (side === "later") return transformPair(over, operations).later;
  return transformPair(operations, over).earlier;
}

/** The earlier list, each operation as it stands after those of the later list so far. */
class Grid {
  readonly columns: Operations[];
  readonly conflicts: Conflict[] = [];
  readonly #ofTarget = new Map<Target, number[]>();

  constructor(earlier: Operations) {
    this.columns = earlier.map((each) => [each]);
    earlier.forEach(({ targetId }, index) => {
      const indexes = this.#ofTarget.get(targetId);
      if (indexes === undefined) this.#ofTarget.set(targetId, [index]);
      else indexes.push(index);
    });
  }

  /** Take the next operation of the later list through; what it becomes. */
  passOver(each: Operation, number: number): Operations {
    let current: Operations = [each];
    for (const index of this.#ofTarget.get(each.targetId) ?? []) {
      [this.columns[index], current] = this.#cross(this.columns[index]!, current, index, number);
    }
    return current;
  }

  #cross(
    earlier: Operations,
    later: Operations,
    index: number,
    number: number,
  ): [Operations, Operations] {
    const [a, b] = [earlier[0], later[0]];
    if (a === undefined || b === undefined) return [earlier, later];
    if (earlier.length === 1 && later.length === 1) return this.#meet(a, b, index, number);
    if (later.length === 1) {
      const crossed: Operation[] = [];
      for (const each of earlier) {
        const [done, left] = this.#cross([each], later, index, number);
        crossed.push(...done);
        later = left;
      }
      return [crossed, later];
    }
    const passed: Operation[] = [];
    for (const each of later) {
      const [left, done] = this.#cross(earlier, [each], index, number);
      passed.push(...done);
      earlier = left;
    }
    return [earlier, passed];
  }

  #meet(a: Operation, b: Operation, index: number, number: number): [Operations, Operations] {
    const meeting = meet(a, b);
    if (meeting === null) return [[a], [b]];
    if (meeting.loss !== undefined) {
      this.conflicts.push(conflictOf(meeting.loss, a, b, index, number));
    }
    return [meeting.earlier, meeting.later];
  }
}

function conflictOf(
  loss: Loss,
  a: Operation,
  b: Operation,
  index: number,
  number: number,
): Conflict {
  const isEarlier = loss.side === "earlier";
  return {
    kind: loss.reason === "superseded" ? "superseded" : "discarded",
    side: loss.side,
    number: isEarlier ? index : number,
    reason: loss.reason,
    targetId: a.targetId,
    path: loss.path,
    lost: loss.value,
    winner: isEarlier ? b : a,
  };
}
