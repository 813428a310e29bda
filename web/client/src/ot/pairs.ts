/**
 * Law 11, the diamond, for two single operations: docs/spec.md, "Merging", rule by rule.
 *
 * `meet(a, b)` takes two operations valid at one document, `a` the earlier in server order, and
 * answers what each becomes after the other. Lists of operations are for `transformation.ts`.
 */

import { leadsThrough, operation, samePath } from "./operation.ts";
import type { JsonObject, JsonValue, Operation, Operations, Path, Reason } from "./operation.ts";
import { countPoints } from "./points.ts";
import { isObject, listIndex, without } from "./values.ts";

export type Side = "earlier" | "later";

/** What `earlier` becomes after `later` and the other way round, and what that cost. */
export interface Meeting {
  readonly earlier: Operations;
  readonly later: Operations;
  readonly loss?: Loss | undefined;
}

/** An effect that did not survive: of which side, where, what, and why. */
export interface Loss {
  readonly side: Side;
  readonly reason: Reason;
  readonly path: Path;
  /** That was to be set or inserted; undefined where there was none. */
  readonly value: JsonValue | undefined;
}

type Rule = (a: Operation, b: Operation) => Meeting | null;

/** Null when neither changes the other. */
export function meet(a: Operation, b: Operation): Meeting | null {
  if (a.targetId !== b.targetId || a.type === "noop" || b.type === "noop") return null;
  if (isWhole(a) || isWhole(b)) return meetWhole(a, b);
  if (isPlacing(a) || isPlacing(b)) return meetPlacing(a, b);
  const [left, right] = [a.path, b.path];
  if (left.length === right.length) return samePath(left, right) ? meetAtOnePath(a, b) : null;
  if (left.length < right.length) {
    return leadsThrough(right, left) ? meetAbove(a, b, false) : null;
  }
  return leadsThrough(left, right) ? meetAbove(b, a, true) : null;
}

function isWhole({ type }: Operation): boolean {
  return type === "addWidget" || type === "removeWidget";
}

function isPlacing({ type }: Operation): boolean {
  return type === "move" || type === "resize";
}

// --- whole widgets (rules 6 and 8) --------------------------------------------------------------

function meetWhole(a: Operation, b: Operation): Meeting | null {
  if (a.type === "removeWidget") {
    if (b.type !== "removeWidget") return discard(b, a, "target_removed", true);
    return { earlier: [gone(a, "target_removed")], later: [gone(b, "target_removed")] };
  }
  if (b.type === "removeWidget") return discard(a, b, "target_removed", false);
  if (a.type !== "addWidget" || b.type !== "addWidget") {
    return null; // an addition and an edit of one id are never valid at one document
  }
  const fields = { value: b.value, oldValue: a.value };
  const loss: Loss = { side: "earlier", reason: "superseded", path: [], value: a.value };
  const later = [operation("update", b.targetId, [], fields)];
  return { earlier: [gone(a, "superseded")], later, loss };
}

/** `mirrored`: the winner is the earlier one. */
function discard(loser: Operation, winner: Operation, reason: Reason, mirrored: boolean): Meeting {
  const side = mirrored ? "later" : "earlier";
  const value = loser.type === "format" ? (loser.attributes ?? undefined) : loser.value;
  const loss: Loss = { side, reason, path: placeOf(loser), value };
  const left = [gone(loser, reason)];
  return mirrored
    ? { earlier: [winner], later: left, loss }
    : { earlier: left, later: [winner], loss };
}

function gone({ targetId, path }: Operation, reason: Reason): Operation {
  return operation("noop", targetId, path, { reason });
}

function placeOf(each: Operation): Path {
  return isPlacing(each) ? ["position"] : each.path;
}

// --- coordinates (rule 5) -----------------------------------------------------------------------

function meetPlacing(a: Operation, b: Operation): Meeting | null {
  if (!isPlacing(a) && setsAllPlaces(a)) return discard(b, a, "target_replaced", true);
  if (!isPlacing(b) && setsAllPlaces(b)) return discard(a, b, "target_replaced", false);
  const theirs = coordinatesOf(b);
  const both = coordinatesOf(a).filter((name) => theirs.includes(name));
  if (both.length === 0) return null;
  if (a.type === "update" || both.length === Object.keys(a.value as JsonObject).length) {
    const loss: Loss = { side: "earlier", reason: "superseded", path: placeOf(a), value: a.value };
    return { earlier: [gone(a, "superseded")], later: [b], loss };
  }
  const value = a.value as JsonObject;
  const lost = Object.fromEntries(both.map((name) => [name, value[name]!]));
  const loss: Loss = { side: "earlier", reason: "superseded", path: ["position"], value: lost };
  const oldValue = isObject(a.oldValue) ? without(a.oldValue as JsonObject, ...both) : a.oldValue;
  return { earlier: [{ ...a, value: without(value, ...both), oldValue }], later: [b], loss };
}

function setsAllPlaces({ type, path }: Operation): boolean {
  return type === "update" && (path.length === 0 || (path.length === 1 && path[0] === "position"));
}

function coordinatesOf(each: Operation): readonly string[] {
  if (isPlacing(each)) return Object.keys(each.value as JsonObject);
  return each.path.length === 2 && each.path[0] === "position" ? each.path.slice(1) : [];
}

// --- one path is above the other (rules 6 and 7) ------------------------------------------------

/** `mirrored`: the lower one is the earlier. A list under `upper` shifts the lower path. */
function meetAbove(upper: Operation, lower: Operation, mirrored: boolean): Meeting | null {
  if (upper.type === "update") return discard(lower, upper, reasonOf(upper), !mirrored);
  const path = pathAfter(lower.path, upper);
  if (path === null) return discard(lower, upper, "target_removed", !mirrored);
  if (path === lower.path) return null;
  const shifted = [{ ...lower, path }];
  return mirrored ? { earlier: shifted, later: [upper] } : { earlier: [upper], later: shifted };
}

/**
 * A path that leads through the list in which items are inserted or deleted; null: gone.
 *
 * @throws OperationError invalid_path when it cannot lead through a list: what is transformed has
 * not been applied yet, and may be wrong.
 */
export function pathAfter(path: Path, each: Operation): Path | null {
  const depth = each.path.length;
  let index = listIndex(path[depth]!);
  if (index < each.position || each.type === "format") return path;
  if (each.type === "insert") index += sizeOf(each);
  else if (index >= each.position + each.length) index -= each.length;
  else return null;
  return [...path.slice(0, depth), `${index}`, ...path.slice(depth + 1)];
}

// --- one path (rules 2, 3, 4, 5, 9) -------------------------------------------------------------

function meetAtOnePath(a: Operation, b: Operation): Meeting | null {
  if (a.type === "update" && b.type === "update") {
    const loss: Loss = { side: "earlier", reason: "superseded", path: a.path, value: a.value };
    return { earlier: [gone(a, "superseded")], later: [b], loss };
  }
  if (a.type === "update") return discard(b, a, reasonOf(a), true);
  if (b.type === "update") return discard(a, b, reasonOf(b), false);
  return SEQUENCE_RULES[a.type]![b.type]!(a, b);
}

function reasonOf(update: Operation): Reason {
  return update.value === undefined ? "target_removed" : "target_replaced";
}

function insertInsert(a: Operation, b: Operation): Meeting {
  if (b.position <= a.position) return { earlier: [shifted(a, sizeOf(b))], later: [b] };
  return { earlier: [a], later: [shifted(b, sizeOf(a))] };
}

function insertDelete(a: Operation, b: Operation): Meeting {
  const [at, start, size] = [a.position, b.position, sizeOf(a)];
  if (at <= start) return { earlier: [a], later: [shifted(b, size)] };
  if (at >= start + b.length) return { earlier: [shifted(a, -b.length)], later: [b] };
  const before = ranged(b, start, at - start);
  const after = ranged(b, start + size, start + b.length - at); // once what is before has gone
  return { earlier: [shifted(a, start - at)], later: [before, after] };
}

function insertFormat(a: Operation, b: Operation): Meeting | null {
  const [at, start, size] = [a.position, b.position, sizeOf(a)];
  if (at <= start) return { earlier: [a], later: [shifted(b, size)] };
  if (at >= start + b.length) return null;
  const before = ranged(b, start, at - start);
  const after = ranged(b, at + size, start + b.length - at);
  return { earlier: [a], later: [before, after] };
}

function deleteDelete(a: Operation, b: Operation): Meeting {
  return {
    earlier: [closedUp(a, b) ?? gone(a, "target_removed")],
    later: [closedUp(b, a) ?? gone(b, "target_removed")],
  };
}

function deleteFormat(a: Operation, b: Operation): Meeting {
  const after = closedUp(b, a);
  if (after === null) return discard(b, a, "target_removed", true);
  return { earlier: [a], later: [after] };
}

function formatFormat(a: Operation, b: Operation): Meeting | null {
  const start = Math.max(a.position, b.position);
  const stop = Math.min(endOf(a), endOf(b));
  const [mine, theirs] = [a.attributes ?? {}, b.attributes ?? {}];
  const left = without(mine, ...Object.keys(theirs));
  const kept = Object.keys(left).length;
  if (start >= stop || kept === Object.keys(mine).length) return null;
  const parts: Operation[] = [];
  if (a.position < start) parts.push(ranged(a, a.position, start - a.position));
  if (kept > 0) parts.push({ ...ranged(a, start, stop - start), attributes: left });
  if (stop < endOf(a)) parts.push(ranged(a, stop, endOf(a) - stop));
  return { earlier: parts.length > 0 ? parts : [gone(a, "superseded")], later: [b] };
}

/** The same rule for the other order; only where order does not matter. */
function flipped(rule: Rule): Rule {
  return (a, b) => {
    const result = rule(b, a);
    if (result === null) return null;
    const loss: Loss | undefined = result.loss && { ...result.loss, side: "earlier" };
    return { earlier: result.later, later: result.earlier, loss };
  };
}

const SEQUENCE_RULES: { readonly [type: string]: { readonly [type: string]: Rule } } = {
  insert: { insert: insertInsert, delete: insertDelete, format: insertFormat },
  delete: { insert: flipped(insertDelete), delete: deleteDelete, format: deleteFormat },
  format: {
    insert: flipped(insertFormat),
    delete: flipped(deleteFormat),
    format: formatFormat,
  },
};

/** Elements that an insert brings: code points, items, or one embed. */
export function sizeOf({ value }: Operation): number {
  if (typeof value === "string") return countPoints(value);
  return Array.isArray(value) ? value.length : 1;
}

/** Where the range of an operation ends. */
export function endOf({ position, length }: Operation): number {
  return position + length;
}

function shifted(each: Operation, by: number): Operation {
  return { ...each, position: each.position + by };
}

function ranged(each: Operation, position: number, length: number): Operation {
  return { ...each, position, length };
}

/** A range after a deletion; null when all of it has gone. */
function closedUp(each: Operation, deletion: Operation): Operation | null {
  const [start, stop] = [each.position, endOf(each)];
  const [first, last] = [deletion.position, endOf(deletion)];
  const length = each.length - Math.max(0, Math.min(stop, last) - Math.max(start, first));
  const position = start - Math.max(0, Math.min(start, last) - first);
  return length > 0 ? ranged(each, position, length) : null;
}
