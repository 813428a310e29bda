/**
 * Where a cursor and a selection are after edits: what they point at in texts moves with the texts.
 *
 * Only a place with a `path` is known to the algebra. One whose place has gone keeps its x and y; a
 * range that has gone is selected no more. See docs/spec.md, "Presence".
 */

import { type Cursor, transformCursor } from "../ot/cursors.ts";
import type { Operations } from "../ot/operation.ts";
import type { CursorPosition, SelectionRange, Viewport } from "../wire/messages.ts";

/** All that one connection tells of itself; what is left out is nowhere. */
export interface Whereabouts {
  readonly cursor?: CursorPosition;
  readonly selection?: readonly SelectionRange[];
  readonly viewport?: Viewport;
  readonly isActive?: boolean;
}

/** Is there anything that an edit can move? */
export function isInDocument({ cursor, selection }: Whereabouts): boolean {
  const points = cursor?.elementId !== undefined || cursor?.path !== undefined;
  return points || (selection !== undefined && selection.length > 0);
}

/** After `operations`; `own`: whoever is there made them. */
export function moved<Where extends Whereabouts>(
  where: Where,
  operations: Operations,
  own: boolean,
): Where {
  if (operations.length === 0 || !isInDocument(where)) return where;
  const { cursor, selection } = where;
  return {
    ...where,
    ...(cursor && { cursor: movedCursor(cursor, operations, own) }),
    ...(selection && {
      selection: selection.flatMap((each) => movedRange(each, operations, own) ?? []),
    }),
  };
}

/** What can be said when nobody knows which edits came between. */
export function lost<Where extends Whereabouts>(where: Where): Where {
  const { selection: _, cursor, ...rest } = where;
  return { ...rest, ...(cursor && { cursor: { x: cursor.x, y: cursor.y } }) } as Where;
}

function movedCursor(cursor: CursorPosition, operations: Operations, own: boolean): CursorPosition {
  const { x, y, elementId, path, offset } = cursor;
  if (elementId === undefined && path === undefined) return cursor;
  const after = transformCursor(place(elementId, path, offset), operations, own);
  if (after === null) return { x, y };
  if (path === undefined) return cursor;
  return { ...cursor, path: after.path, ...(offset !== undefined && { offset: after.position }) };
}

function movedRange(
  range: SelectionRange,
  operations: Operations,
  own: boolean,
): SelectionRange | null {
  const start = place(range.startElementId, range.startPath, range.startOffset);
  const end = place(range.endElementId, range.endPath, range.endOffset);
  let after: readonly (Cursor | null)[];
  if (start.targetId === end.targetId && String(start.path) === String(end.path)) {
    const whole = transformCursor({ ...end, anchor: start.position }, operations, own);
    after = [whole && { ...whole, position: whole.anchor ?? whole.position }, whole];
  } else {
    after = [start, end].map((each) => transformCursor(each, operations, own));
  }
  const [from, to] = after;
  if (!from || !to) return null;
  return {
    ...range,
    ...(range.startPath && { startPath: from.path, startOffset: from.position }),
    ...(range.endPath && { endPath: to.path, endOffset: to.position }),
  };
}

/** Without a path: the element as a whole, which only its end takes away. */
function place(elementId?: string, path?: readonly string[], offset?: number): Cursor {
  const position = path === undefined ? 0 : (offset ?? 0);
  return { targetId: elementId ?? null, path: path ?? [], position, anchor: null };
}
