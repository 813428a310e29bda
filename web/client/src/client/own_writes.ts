/**
 * Rule 5 of merging, seen from the one who lost: whose value was overwritten unseen, is told.
 *
 * Keeps the values that this replica has committed and that still stand, in terms of the confirmed
 * document. A later submission that was made without having seen one (its base version is older)
 * supersedes it; one that had seen it just replaces it.
 */

import { operation } from "../ot/operation.ts";
import type { JsonObject, Operation, Operations, Target } from "../ot/operation.ts";
import { transformPair } from "../ot/transformation.ts";
import { OWN_WRITES_MAX } from "../wire/tables.ts";
import type { Lost } from "./pending.ts";

interface Write {
  readonly version: number;
  readonly operation: Operation; // an `update` of one value
}

export class OwnWrites {
  readonly #ofTarget = new Map<Target, Write[]>();
  #count = 0;

  /** These, of this replica, have committed as `version`. */
  record(version: number, operations: Operations): void {
    for (const each of operations) {
      this.meet(version, [each]);
      const writes = valuesSetBy(each).map((value) => ({ version, operation: value }));
      this.#keep(each.targetId, [...(this.#ofTarget.get(each.targetId) ?? []), ...writes]);
    }
    if (this.#count > OWN_WRITES_MAX) this.clear(); // a bulk import; nobody races with all of it
  }

  /** These have committed, made at `baseVersion`: whom do they overwrite unseen? */
  meet(baseVersion: number, operations: Operations): readonly Lost[] {
    const overwritten: Lost[] = [];
    for (const target of new Set(operations.map(({ targetId }) => targetId))) {
      const writes = this.#ofTarget.get(target);
      if (writes === undefined) continue;
      const touching = operations.filter(({ targetId }) => targetId === target);
      const standing: Write[] = [];
      for (const write of writes) {
        const { earlier, conflicts } = transformPair([write.operation], touching);
        const lost = conflicts.find(({ side }) => side === "earlier");
        if (lost === undefined) {
          standing.push(...earlier.map((moved) => ({ ...write, operation: moved })));
        } else if (write.version > baseVersion) {
          overwritten.push({ operation: write.operation, reason: lost.reason });
        }
      }
      this.#keep(target, standing);
    }
    return overwritten;
  }

  clear(): void {
    this.#ofTarget.clear();
    this.#count = 0;
  }

  #keep(target: Target, standing: Write[]): void {
    this.#count += standing.length - (this.#ofTarget.get(target)?.length ?? 0);
    if (standing.length > 0) this.#ofTarget.set(target, standing);
    else this.#ofTarget.delete(target);
  }
}

/** One `update` for each value that an operation sets; edits of sequences set none. */
function valuesSetBy(each: Operation): Operations {
  if (each.type === "update" && each.path.length > 0) return [each];
  if (each.type !== "move" && each.type !== "resize") return [];
  return Object.entries(each.value as JsonObject).map(([name, value]) =>
    operation("update", each.targetId, ["position", name], { value }),
  );
}
