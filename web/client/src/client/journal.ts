/**
 * Law 3, exactly once, over a closed tab: what must be stored, and what is read back.
 *
 * What is stored: what is pending, the confirmed document as of some version, and the operations
 * that were committed since. So an edit costs a few operations, and now and then a whole document.
 * As long as nothing is pending there is nothing to keep, and nothing is written.
 */

import { STORED_LOG_MAX_BYTES, STORED_LOG_MAX_VERSIONS } from "../limits.ts";
import { apply } from "../ot/application.ts";
import { operationFromJson, operationToJson } from "../ot/codec.ts";
import { Document } from "../ot/document.ts";
import type { Operations } from "../ot/operation.ts";
import type { DocumentJson, OperationJson } from "../wire/messages.ts";
import type { Pending, PendingJson } from "./pending.ts";

/** The small part, written with every change. */
export interface StoredReplica {
  readonly replicaId: string;
  readonly dashboardId: string;
  readonly version: number; // of the confirmed document
  readonly pending: PendingJson;
}

/** A confirmed document. */
export interface StoredBase {
  readonly version: number;
  readonly state: DocumentJson;
}

/** What was committed as that version. */
export interface StoredStep {
  readonly version: number;
  readonly operations: readonly OperationJson[];
}

/** All that is stored of one replica; `log` in rising order, from the base on. */
export interface Stored {
  readonly replica: StoredReplica;
  readonly base: StoredBase;
  readonly log: readonly StoredStep[];
}

/** To be written at once or not at all. A new `base` takes the place of the old one and its log. */
export interface Change {
  readonly replica: StoredReplica;
  readonly base: StoredBase | null;
  readonly log: readonly StoredStep[];
}

type Ids = Pick<StoredReplica, "replicaId" | "dashboardId">;

interface Copy {
  readonly version: number | null;
  readonly confirmed: Document;
  readonly pending: Pending;
}

export class Journal {
  readonly #ids: Ids;
  #baseVersion: number | null = null; // of the stored document, while its log has no gap
  #logged = 0; // versions that lie behind it
  #logBytes = 0;
  #unwritten: StoredStep[] = [];
  #holdsNothing = true; // nothing is pending in what is stored

  constructor({ replicaId, dashboardId }: Ids) {
    this.#ids = { replicaId, dashboardId };
  }

  /** This is what an earlier life has left. */
  static of(stored: Stored): Journal {
    const journal = new Journal(stored.replica);
    journal.#baseVersion = stored.base.version;
    journal.#logged = stored.log.length;
    journal.#logBytes = stored.log.reduce((sum, step) => sum + bytesOf(step), 0);
    journal.#holdsNothing = false;
    return journal;
  }

  /** These have moved the confirmed document to that version. */
  record(version: number, operations: Operations): void {
    if (this.#baseVersion === null) return;
    const step = { version, operations: operations.map(operationToJson) };
    this.#unwritten.push(step);
    this.#logged += 1;
    this.#logBytes += bytesOf(step);
    if (this.#logged > STORED_LOG_MAX_VERSIONS || this.#logBytes > STORED_LOG_MAX_BYTES) {
      this.startAfresh();
    }
  }

  /** The next write has the whole document. */
  startAfresh(): void {
    this.#baseVersion = null;
    this.#unwritten = [];
  }

  /** What to write now; null: nothing. It counts as written. */
  next({ version, confirmed, pending }: Copy): Change | null {
    if (version === null || (pending.isEmpty && this.#holdsNothing)) return null;
    const base = this.#baseVersion === null ? { version, state: confirmed.toJSON() } : null;
    if (base !== null) [this.#baseVersion, this.#logged, this.#logBytes] = [version, 0, 0];
    const log = this.#unwritten;
    this.#unwritten = [];
    this.#holdsNothing = pending.isEmpty;
    return { replica: { ...this.#ids, version, pending: pending.toJSON() }, base, log };
  }
}

/** The confirmed document that was stored. @throws OperationError if it is no whole. */
export function documentIn({ replica, base, log }: Stored): Document {
  let document = Document.fromJson(base.state);
  let { version } = base;
  for (const step of log) {
    if (step.version !== version + 1) continue; // of an older base
    document = apply(
      document,
      step.operations.map((each) => operationFromJson(each, true)),
      false,
    );
    version += 1;
  }
  if (version !== replica.version) throw new RangeError("The stored log has a gap.");
  return document;
}

function bytesOf(step: StoredStep): number {
  return JSON.stringify(step.operations).length;
}
