/** Where a cursor or a selection is after an edit: docs/spec.md, end of "Merging". */

import { leadsThrough } from "./operation.ts";
import type { Operation, Operations, Path, Target } from "./operation.ts";
import { endOf, pathAfter, sizeOf } from "./pairs.ts";

/** A place between the elements of a sequence; with `anchor`, a selection from there. */
export interface Cursor {
  readonly targetId: Target;
  readonly path: Path;
  readonly position: number;
  /** The end of the selection that does not move with the caret. */
  readonly anchor: number | null;
}

/**
 * The cursor after `operations`; null when its place has gone.
 *
 * `own`: the cursor's owner made them, so typing at the cursor moves it along.
 */
export function transformCursor(
  cursor: Cursor,
  operations: Operations,
  own: boolean,
): Cursor | null {
  let current: Cursor | null = cursor;
  for (const each of operations) {
    if (current !== null && each.targetId === cursor.targetId) current = after(current, each, own);
  }
  return current;
}

function after(cursor: Cursor, each: Operation, own: boolean): Cursor | null {
  const { type, path } = each;
  if (type === "removeWidget") return null;
  if (type !== "insert" && type !== "delete" && type !== "update") return cursor;
  if (!leadsThrough(cursor.path, path)) return cursor;
  if (type === "update") return null;
  if (path.length < cursor.path.length) {
    const shifted = pathAfter(cursor.path, each);
    return shifted && { ...cursor, path: shifted };
  }
  const { position, anchor } = cursor;
  if (anchor === null || anchor === position) {
    const moved = shiftedBy(each, position, own);
    return { ...cursor, position: moved, anchor: anchor === null ? null : moved };
  }
  return {
    ...cursor,
    position: shiftedBy(each, position, own || position < anchor),
    anchor: shiftedBy(each, anchor, own || anchor < position),
  };
}

/** `along`: what is inserted exactly here comes before. */
function shiftedBy(each: Operation, place: number, along: boolean): number {
  const at = each.position;
  if (each.type === "delete") return place - Math.max(0, Math.min(place, endOf(each)) - at);
  return at < place || (at === place && along) ? place + sizeOf(each) : place;
}
