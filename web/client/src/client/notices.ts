/**
 * Law 7, bad input is answered, and rules 5 and 6 of merging: no edit is lost in silence.
 *
 * A notice tells of one loss and holds the operations that would make the edit again. They are kept
 * true to the view: as it changes, positions and indexes in an open notice follow.
 */

import type { WeftError } from "../errors.ts";
import type { JsonValue, Operations } from "../ot/operation.ts";
import { transformPair } from "../ot/transformation.ts";
import { NOTICES_MAX } from "../wire/tables.ts";
import { effective } from "./pending.ts";

/**
 * discarded: it lost its place, as what it edited was removed or replaced.
 * superseded: a value was set, and someone who had not seen it set another.
 * rejected: the server has refused it.
 */
export type Loss = "discarded" | "superseded" | "rejected";

export interface Notice {
  readonly number: number;
  readonly loss: Loss;
  readonly reason: string; // that of the no-op (`target_removed`, …) or the code of the error
  readonly operations: Operations; // the lost edit, to be made again
  readonly hasPlace: boolean; // they fit what is shown, and follow it; else they are as they were
  readonly userId: string | null; // who did it, where somebody did
  readonly error: WeftError | null;
}

/** What the lost edit had set; of several edits the first one's. */
export function lostValue(notice: Notice): JsonValue | undefined {
  return notice.operations[0]?.value;
}

/** The open ones: neither dismissed nor restored yet. Bounded; the oldest goes first. */
export class Notices {
  readonly #open = new Map<number, Notice>();
  #number = 0;

  get count(): number {
    return this.#open.size;
  }

  open(): readonly Notice[] {
    return [...this.#open.values()];
  }

  add(told: Omit<Notice, "number">): Notice {
    this.#number += 1;
    const notice = { number: this.#number, ...told };
    this.#open.set(notice.number, notice);
    if (this.#open.size > NOTICES_MAX) {
      const [oldest] = this.#open.keys();
      this.#open.delete(oldest!);
    }
    return notice;
  }

  /** Move the open notices over a change of the view. */
  follow(change: Operations): void {
    for (const notice of this.open()) {
      if (!notice.hasPlace) continue;
      const operations = effective(transformPair(change, notice.operations).later);
      const moved = operations.length > 0 ? { operations } : { hasPlace: false };
      this.#open.set(notice.number, { ...notice, ...moved });
    }
  }

  /** The view is another one altogether. */
  losePlaces(): void {
    for (const notice of this.open()) {
      this.#open.set(notice.number, { ...notice, hasPlace: false });
    }
  }

  /** The notice as it stands now, or undefined when it is closed. */
  find(notice: Notice): Notice | undefined {
    return this.#open.get(notice.number);
  }

  close(notice: Notice): void {
    this.#open.delete(notice.number);
  }
}
