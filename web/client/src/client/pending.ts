/**
 * What a replica has edited and the server has not committed, moved along as others commit.
 *
 * Law 17, stepwise: remote operations meet each pending edit in turn. The layers, each made on top
 * of the one before: the submission in flight, the submissions that wait for their turn, and the
 * edits of a batch that is still open. What waits is compacted, but never beyond what one
 * submission holds, so an edit or a batch is not torn apart.
 *
 * What moves along forgets what its author had seen. So each layer keeps the newest version that
 * its author had seen of all that it overwrites: those who lose are told (rule 5 of merging).
 */

import { WeftError } from "../errors.ts";
import { apply } from "../ot/application.ts";
import { operationFromJson, operationToJson } from "../ot/codec.ts";
import type { Document } from "../ot/document.ts";
import { invert } from "../ot/inversion.ts";
import { compose, normalize } from "../ot/normal_form.ts";
import { operation, type Operation, type Operations } from "../ot/operation.ts";
import { transformPair } from "../ot/transformation.ts";
import { textBytes } from "../ot/values.ts";
import type { OperationJson } from "../wire/messages.ts";
import {
  EDIT_MAX_BYTES,
  OPERATIONS_MAX_PER_SUBMISSION,
  SUBMISSION_TARGET_BYTES,
  SUBMISSION_TARGET_OPERATIONS,
} from "../wire/tables.ts";

/** An edit that has lost its place or its effect, as it was before. */
export interface Lost {
  readonly operation: Operation;
  readonly reason: string; // that of the no-op which is left
}

export interface Rebased {
  readonly change: Operations; // the remote operations as they change the view
  readonly discarded: readonly Lost[];
}

interface Movable {
  readonly operations: Operations;
  readonly seenVersion: number | null; // null: all that it overwrites was seen
}

export interface InFlight extends Movable {
  readonly sequence: number;
}

type LayerJson = readonly [readonly OperationJson[], number | null];

export interface PendingJson {
  readonly sequence: number;
  readonly inFlight: readonly [number, ...LayerJson] | null;
  readonly waiting: readonly LayerJson[];
}

interface Layer extends Movable {
  readonly bytes: number; // at least those of the operations on the wire
}

const EMPTY: Layer = { operations: [], bytes: 0, seenVersion: null };

export class Pending {
  sequence = 0; // the newest that this replica has used
  inFlight: InFlight | null = null;
  #waiting: Layer[] = [];
  #batch: Layer | null = null; // null: no batch is open

  get isEmpty(): boolean {
    const isBatchEmpty = (this.#batch ?? EMPTY).operations.length === 0;
    return this.inFlight === null && this.#waiting.length === 0 && isBatchEmpty;
  }

  /** All of them, in order: what leads from the confirmed document to the view. */
  get operations(): Operations {
    return this.#layers().flatMap((layer) => layer.operations);
  }

  // --- over a reload ----------------------------------------------------------------------------

  /** An open batch counts as closed. */
  toJSON(): PendingJson {
    const flying = this.inFlight;
    const layers = [...this.#waiting, ...(this.#batch === null ? [] : [this.#batch])];
    return {
      sequence: this.sequence,
      inFlight: flying && [flying.sequence, ...toJson(flying)],
      waiting: layers.filter(({ operations }) => operations.length > 0).map(toJson),
    };
  }

  static fromJson(stored: PendingJson): Pending {
    const pending = new Pending();
    pending.sequence = stored.sequence;
    if (stored.inFlight !== null) {
      const [sequence, operations, seenVersion] = stored.inFlight;
      pending.inFlight = { sequence, operations: readAll(operations), seenVersion };
    }
    pending.#waiting = stored.waiting.map(([layer, seen]) => layerOf(readAll(layer), seen));
    return pending;
  }

  // --- the user ---------------------------------------------------------------------------------

  /** Their size in bytes. @throws WeftError too_large when one submission cannot hold them. */
  check(operations: Operations): number {
    const added = layerOf(operations, null);
    const held = this.#batch ?? EMPTY;
    const both = {
      ...held,
      operations: [...held.operations, ...operations],
      bytes: held.bytes + added.bytes,
    };
    if (!isSendable(both) && !isSendable(compacted(both))) {
      throw new WeftError("too_large", "One submission cannot hold this edit, or this batch.");
    }
    return added.bytes;
  }

  /** `bytes` is what `check` has returned. */
  add(operations: Operations, bytes: number): void {
    const added = { operations, bytes, seenVersion: null };
    if (this.#batch === null) {
      this.#wait(added);
      return;
    }
    const whole = joined(this.#batch, added);
    this.#batch = isSendable(whole) ? whole : compacted(whole);
  }

  get batchIsOpen(): boolean {
    return this.#batch !== null;
  }

  openBatch(): void {
    this.#batch ??= EMPTY;
  }

  closeBatch(): void {
    const batch = this.#batch;
    this.#batch = null;
    if (batch !== null) this.#wait(batch);
  }

  /** Forget the open batch; returns what undoes it in the view. */
  dropBatch(confirmed: Document): Operations {
    const batch = this.#batch;
    this.#batch = null;
    return batch === null ? [] : invert(apply(confirmed, this.operations, false), batch.operations);
  }

  // --- the server -------------------------------------------------------------------------------

  /** Move every layer over what was committed before it, as `version`; null: over an undoing. */
  rebase(remote: Operations, version: number | null): Rebased {
    const discarded: Lost[] = [];
    const moved = <Layered extends Movable>(layer: Layered): Layered => {
      const [change, after] = rebased(remote, layer, version, discarded);
      remote = change;
      return { ...layer, ...after };
    };
    if (this.inFlight !== null) this.inFlight = moved(this.inFlight);
    this.#waiting = this.#waiting.map(moved).filter(({ operations }) => operations.length > 0);
    if (this.#batch !== null) this.#batch = moved(this.#batch);
    return { change: remote, discarded };
  }

  /** Undo what is in flight under all that was edited since. */
  dropInFlight(confirmed: Document): Rebased {
    const inverse = invert(confirmed, this.inFlight?.operations ?? []);
    this.inFlight = null;
    return this.rebase(inverse, null);
  }

  /**
   * Put the first that waits in flight, under the next sequence; null: nothing waits.
   *
   * From here on the sequence and its content belong together, until it has committed or is
   * dropped: whoever has heard of one must find the other.
   */
  launch(): InFlight | null {
    let first = EMPTY;
    while (this.#waiting.length > 0 && first.operations.length === 0) {
      first = compacted(this.#waiting.shift()!);
    }
    if (first.operations.length === 0) return null;
    const rest = first.operations.slice(OPERATIONS_MAX_PER_SUBMISSION); // split by many inserts
    if (rest.length > 0) this.#waiting.unshift({ ...first, operations: rest });
    this.sequence += 1;
    const operations = first.operations.slice(0, OPERATIONS_MAX_PER_SUBMISSION);
    this.inFlight = { sequence: this.sequence, operations, seenVersion: first.seenVersion };
    return this.resend();
  }

  /**
   * What is in flight, as it is to be sent now; null, and nothing is, if it became void. Another
   * object than before only if it had to be put in other terms.
   */
  resend(): InFlight | null {
    const flying = this.inFlight;
    if (flying === null || flying.operations.length === 0) this.inFlight = null;
    else if (flying.operations.some(isReplacement)) {
      this.inFlight = { ...flying, operations: flying.operations.flatMap(inClientTerms) };
    }
    return this.inFlight;
  }

  /** Give up on all of it, but not on an open batch; returns what it was. */
  clear(): Operations {
    const { operations } = this;
    this.inFlight = null;
    this.#waiting = [];
    this.#batch &&= EMPTY;
    return operations;
  }

  // --- inside -----------------------------------------------------------------------------------

  #layers(): { readonly operations: Operations }[] {
    const all = [this.inFlight, ...this.#waiting, this.#batch];
    return all.filter((layer) => layer !== null);
  }

  /** Into the last that waits, if there is room in it or compacting makes ample room. */
  #wait(added: Layer): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined) {
      const whole = roomy(joined(last, added));
      if (whole !== null) {
        this.#waiting.pop();
        added = whole;
      }
    }
    if (added.operations.length > 0) this.#waiting.push(added); // not an edit and what undid it
  }
}

/** The layer, compacted if it must be; null: even so there is not ample room. */
function roomy(layer: Layer): Layer | null {
  if (!fills(layer, 1)) return layer;
  const compact = compacted(layer);
  return fills(compact, 0.5) ? null : compact;
}

/** More than this part of a submission? */
function fills({ bytes, operations }: Layer, part: number): boolean {
  return (
    bytes > part * SUBMISSION_TARGET_BYTES ||
    operations.length > part * SUBMISSION_TARGET_OPERATIONS
  );
}

function isSendable({ bytes, operations }: Layer): boolean {
  return bytes <= EDIT_MAX_BYTES && operations.length <= OPERATIONS_MAX_PER_SUBMISSION;
}

/** One layer; what has just been typed is merged with what was typed before. */
function joined(first: Layer, second: Layer): Layer {
  const merged = compose(first.operations.slice(-1), second.operations);
  const operations = [...first.operations.slice(0, -1), ...merged];
  const seenVersion = older(first.seenVersion, second.seenVersion);
  return { operations, bytes: first.bytes + second.bytes, seenVersion };
}

function older(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function compacted({ operations, seenVersion }: Layer): Layer {
  return layerOf(normalize(operations), seenVersion);
}

function layerOf(operations: Operations, seenVersion: number | null): Layer {
  const sizes = operations.map((each) => textBytes(JSON.stringify(operationToJson(each))));
  return { operations, bytes: sizes.reduce((sum, size) => sum + size, 0), seenVersion };
}

function rebased(
  remote: Operations,
  { operations, seenVersion }: Movable,
  version: number | null,
  discarded: Lost[],
): readonly [Operations, Movable] {
  if (remote.length === 0 || operations.length === 0) return [remote, { operations, seenVersion }];
  const { earlier, later, conflicts } = transformPair(remote, operations);
  for (const { side, number, reason } of conflicts) {
    if (side === "later") discarded.push({ operation: operations[number]!, reason });
    else if (version !== null) seenVersion = older(seenVersion, version - 1);
  }
  return [effective(earlier), { operations: effective(later), seenVersion }];
}

/** Two additions of one widget make a replacement, which only a server may write as one. */
function isReplacement({ type, path }: Operation): boolean {
  return type === "update" && path.length === 0;
}

function inClientTerms(each: Operation): Operations {
  if (!isReplacement(each)) return [each];
  return [
    operation("removeWidget", each.targetId),
    operation("addWidget", each.targetId, [], { value: each.value }),
  ];
}

/** Without what has become a no-op. */
export function effective(operations: Operations): Operations {
  return operations.filter(({ type }) => type !== "noop");
}

function toJson({ operations, seenVersion }: Movable): LayerJson {
  return [operations.map(operationToJson), seenVersion];
}

function readAll(operations: readonly OperationJson[]): Operations {
  return operations.map((each) => operationFromJson(each, true));
}
