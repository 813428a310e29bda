/**
 * No edit is lost in silence: who edits a widget that another removes gets it back in one step.
 *
 * The edit alone could not be made again, as it has no place; so the notice holds the whole widget,
 * as its author saw it, and all edits of one widget are one notice.
 */

import type { Document } from "../ot/document.ts";
import { operation as operationOf, type Operations } from "../ot/operation.ts";
import type { Lost } from "./pending.ts";

export interface Told {
  readonly operations: Operations; // what makes it again
  readonly reason: string;
}

/** What the notices hold. `before` and `after`: the view, around what discarded the edits. */
export function toldOf(discarded: readonly Lost[], before: Document, after: Document): Told[] {
  const gone = new Set<string>();
  return discarded.flatMap(({ operation, reason }): Told[] => {
    const { targetId, type } = operation;
    if (targetId === null || !before.has(targetId) || after.has(targetId)) {
      return [{ operations: [operation], reason }];
    }
    if (type === "removeWidget" || gone.has(targetId)) return [];
    gone.add(targetId);
    const value = before.valueAt(targetId);
    return [{ operations: [operationOf("addWidget", targetId, [], { value })], reason }];
  });
}
