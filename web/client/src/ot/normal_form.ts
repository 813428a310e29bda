/**
 * Laws 12 and 15: a list of operations brought into canonical form, with the same effect.
 *
 * Each operation is merged into the nearest earlier one that it can merge with, if it commutes with
 * all that lie between; this is repeated until nothing merges, so doing it again changes nothing.
 */

import { merged as mergedAttributes, sameAttributes } from "./delta.ts";
import { leadsThrough, samePath } from "./operation.ts";
import type { JsonObject, Operation, Operations, Path, Target } from "./operation.ts";
import { endOf, sizeOf } from "./pairs.ts";
import { countPoints, slicePoints } from "./points.ts";
import { isObject } from "./values.ts";

interface Kept {
  readonly place: number; // in the order of the list
  readonly operation: Operation;
}

/**
 * One list with the effect of `first` and then `second`; canonical.
 *
 * Not for transforming over (law 17): what a list went through is lost in it.
 */
export function compose(first: Operations, second: Operations): Operations {
  return normalize([...first, ...second]);
}

/** The canonical form of a list: no no-ops, nothing written that is overwritten at once. */
export function normalize(operations: Operations): Operations {
  let current = operations.filter(({ type }) => type !== "noop");
  for (;;) {
    const next = mergedOnce(current);
    if (next === null) return current;
    current = next;
  }
}

/** Null: nothing merges. */
function mergedOnce(operations: Operations): Operation[] | null {
  const ofTarget = new Map<Target, Kept[]>();
  let changed = false;
  operations.forEach((operation, place) => {
    const kept = ofTarget.get(operation.targetId) ?? [];
    ofTarget.set(operation.targetId, kept);
    if (tookIn(kept, operation)) changed = true;
    else kept.push({ place, operation });
  });
  if (!changed) return null;
  const all = [...ofTarget.values()].flat().sort((one, other) => one.place - other.place);
  return all.map(({ operation }) => operation);
}

function tookIn(kept: Kept[], operation: Operation): boolean {
  for (let index = kept.length - 1; index >= 0; index -= 1) {
    const { place, operation: earlier } = kept[index]!;
    const result = merged(earlier, operation);
    if (result !== null) {
      kept.splice(index, 1, ...result.map((each) => ({ place, operation: each })));
      return true;
    }
    if (interact(reach(earlier), reach(operation))) return false;
  }
  return false;
}

/** The path at and below which an operation acts. */
function reach({ type, path }: Operation): Path {
  return type === "move" || type === "resize" ? ["position"] : path;
}

function interact(left: Path, right: Path): boolean {
  return left.length < right.length ? leadsThrough(right, left) : leadsThrough(left, right);
}

/** `a` and then `b` as fewer or smaller operations; null: they stay as they are. */
function merged(a: Operation, b: Operation): Operations | null {
  if (b.type === "removeWidget") return a.type === "addWidget" ? [] : [b];
  if (b.type === "update") return overwritten(a, b);
  if (b.type === "move" || b.type === "resize") {
    return a.type === "move" || a.type === "resize" ? placed(a, b) : null;
  }
  if (!samePath(a.path, b.path)) return null;
  switch (`${a.type} ${b.type}`) {
    case "insert insert":
      return typedOn(a, b);
    case "insert delete":
      return unwritten(a, b);
    case "insert format":
      return writtenInStyle(a, b);
    case "delete delete":
      if (b.position > a.position || a.position > endOf(b)) return null;
      return [{ ...b, length: a.length + b.length }];
    case "format format":
      return formattedOn(a, b);
    case "format delete":
      return b.position <= a.position && endOf(a) <= endOf(b) ? [b] : null;
    default:
      return null;
  }
}

function overwritten(a: Operation, b: Operation): Operations | null {
  if (!leadsThrough(reach(a), b.path) || a.type === "removeWidget") return null;
  if (a.type === "addWidget") return [{ ...a, value: b.value }];
  if (a.type === "update" && samePath(a.path, b.path)) return [{ ...b, oldValue: a.oldValue }];
  return [b];
}

function placed(a: Operation, b: Operation): Operations {
  const value = { ...(a.value as JsonObject), ...(b.value as JsonObject) };
  let { oldValue } = a;
  if (oldValue !== undefined && b.oldValue !== undefined) {
    oldValue = { ...(b.oldValue as JsonObject), ...(oldValue as JsonObject) };
  }
  const wider = a.type === "move" ? b : a; // a move and a resize are a resize
  return [{ ...wider, value, oldValue }];
}

function typedOn(a: Operation, b: Operation): Operations | null {
  const at = b.position - a.position;
  if (at < 0 || at > sizeOf(a) || isObject(a.value)) return null;
  if (!sameAttributes(a.attributes, b.attributes)) return null;
  const value = spliced(a, at, at, b);
  return value === null ? null : [{ ...a, value }];
}

/** An insert, and a deletion that takes some of it. */
function unwritten(a: Operation, b: Operation): Operations | null {
  const size = sizeOf(a);
  const start = a.position;
  const first = Math.max(start, b.position);
  const last = Math.min(start + size, endOf(b));
  if (first >= last) return null;
  const left: Operation[] = [];
  if (last - first < size) left.push({ ...a, value: spliced(a, first - start, last - start)! });
  if (b.length > last - first) left.push({ ...b, length: b.length - (last - first) });
  return left;
}

/** What `a` inserts, with what `b` inserts in place of a range; null: of different kinds. */
function spliced(
  a: Operation,
  start: number,
  stop: number,
  b?: Operation,
): Operation["value"] | null {
  const old = a.value;
  const added = b?.value;
  if (typeof old === "string" && (added === undefined || typeof added === "string")) {
    const tail = slicePoints(old, stop, countPoints(old));
    return slicePoints(old, 0, start) + (added ?? "") + tail;
  }
  if (Array.isArray(old) && (added === undefined || Array.isArray(added))) {
    return [...old.slice(0, start), ...(added ?? []), ...old.slice(stop)];
  }
  return null;
}

/** An insert, and a format of just that. */
function writtenInStyle(a: Operation, b: Operation): Operations | null {
  if (b.position !== a.position || b.length !== sizeOf(a)) return null;
  return [{ ...a, attributes: mergedAttributes(a.attributes, b.attributes) }];
}

function formattedOn(a: Operation, b: Operation): Operations | null {
  if (a.position === b.position && a.length === b.length) {
    return [{ ...b, attributes: { ...a.attributes, ...b.attributes } }];
  }
  if (!sameAttributes(a.attributes, b.attributes)) return null;
  if (b.position !== endOf(a) && a.position !== endOf(b)) return null;
  return [{ ...b, position: Math.min(a.position, b.position), length: a.length + b.length }];
}
