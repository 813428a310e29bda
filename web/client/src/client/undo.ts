/**
 * One person's undo, kept true to what others have done meanwhile.
 *
 * A step holds the operations that take an edit back. The newest is valid at the view, each older
 * one after the newer ones are undone. What others change passes down through the steps, each
 * transformed over it. Whoever sets a value after this person keeps it: what a step would set there
 * is dropped, and a step of which nothing is left is gone.
 */

import { UNDO_MAX_STEPS, UNDO_STEP_MAX_MS } from "../limits.ts";
import { compose } from "../ot/normal_form.ts";
import type { Operations } from "../ot/operation.ts";
import { transformPair } from "../ot/transformation.ts";
import { effective } from "./pending.ts";

/** Why something is edited: anew, at that time, or to undo or redo the newest step. */
export type Purpose = { readonly atMs: number } | "undo" | "redo";

interface Step {
  readonly operations: Operations;
  readonly openUntilMs: number; // an edit before then belongs to it
}

const WHOLE_BATCH = Number.POSITIVE_INFINITY;
const SEALED = Number.NEGATIVE_INFINITY;

export class UndoSteps {
  #undo: Step[] = [];
  #redo: Step[] = [];

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  /** What undoes, or redoes, the newest step; empty when there is none. */
  next(purpose: "undo" | "redo"): Operations {
    return (purpose === "undo" ? this.#undo : this.#redo).at(-1)?.operations ?? [];
  }

  /** An edit was made, which `inverse` takes back. */
  record(inverse: Operations, purpose: Purpose): void {
    const sealed = { operations: inverse, openUntilMs: SEALED };
    if (purpose === "undo") {
      this.#undo.pop();
      this.#redo.push(sealed);
    } else if (purpose === "redo") {
      this.#redo.pop();
      this.#undo.push(sealed);
    } else {
      this.#redo = [];
      this.#extend(inverse, purpose.atMs);
    }
  }

  /** The next edit begins a step of its own. */
  seal(): void {
    const last = this.#undo.pop();
    if (last !== undefined && last.operations.length > 0) {
      this.#undo.push({ ...last, openUntilMs: SEALED });
    }
  }

  /** All edits until the next `seal` are one step. */
  openBatch(): void {
    this.#undo.push({ operations: [], openUntilMs: WHOLE_BATCH });
  }

  /** The edits since `openBatch` have been undone. */
  dropBatch(): void {
    this.#undo.pop();
  }

  /** The view has changed under the steps. */
  follow(change: Operations): void {
    this.#undo = moved(this.#undo, change);
    this.#redo = moved(this.#redo, change);
  }

  /** The view is another one altogether. */
  clear(): void {
    this.#undo = this.#undo.filter(isBatch).map((batch) => ({ ...batch, operations: [] }));
    this.#redo = [];
  }

  #extend(inverse: Operations, atMs: number): void {
    const last = this.#undo.at(-1);
    if (last !== undefined && atMs < last.openUntilMs) {
      const operations = compose(inverse, last.operations);
      this.#undo[this.#undo.length - 1] = { ...last, operations };
    } else {
      this.#undo.push({ operations: inverse, openUntilMs: atMs + UNDO_STEP_MAX_MS });
    }
    if (this.#undo.length > UNDO_MAX_STEPS) this.#undo.shift();
  }
}

function isBatch({ openUntilMs }: Step): boolean {
  return openUntilMs === WHOLE_BATCH;
}

function moved(steps: readonly Step[], change: Operations): Step[] {
  const left: Step[] = [];
  for (const step of [...steps].reverse()) {
    const { earlier, later } = transformPair(step.operations, change);
    const operations = effective(earlier);
    change = effective(later);
    if (operations.length > 0 || isBatch(step)) left.push({ ...step, operations });
  }
  return left.reverse();
}
