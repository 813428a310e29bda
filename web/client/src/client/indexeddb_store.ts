/**
 * Unsent edits in IndexedDB; a lock of the browser tells whether the page that left them still
 * lives. Needs a secure page (https, or localhost), as locks do.
 */

import { WeftError } from "../errors.ts";
import type { Change, Stored, StoredBase, StoredReplica, StoredStep } from "./journal.ts";
import { type Claim, holdsEdits, type ReplicaStore } from "./store.ts";

const REPLICAS = "replicas"; // by replicaId: the small part
const BASES = "bases"; // by replicaId: a confirmed document
const LOGS = "logs"; // by [replicaId, version]: what was committed after it
const ALL = [REPLICAS, BASES, LOGS];

/** A dashboard that a closed page has left with unsent edits; `title` as it was last stored. */
export interface Left {
  readonly dashboardId: string;
  readonly title: string;
}

export class IndexedDbStore implements ReplicaStore {
  readonly #name: string;
  #database: Promise<IDBDatabase> | null = null;

  /** `user` keeps apart the edits of people who share a browser: their id, or any name for them. */
  constructor(user: string) {
    this.#name = `weft:${user}`;
  }

  async claim(dashboardId: string, newReplicaId: string): Promise<Claim> {
    if (!("locks" in navigator)) {
      throw new WeftError("misconfigured", "Storing edits needs https, or localhost.");
    }
    for (const replicaId of await this.#replicasOf(dashboardId)) {
      const release = await this.#hold(replicaId);
      if (release === null) continue; // its page lives
      const left = await this.#read(replicaId).catch((error: unknown) => {
        release(); // to whoever can read it
        throw error;
      });
      if (left !== null && holdsEdits(left.replica)) return this.#claimed(left, replicaId, release);
      await this.#forget(replicaId).finally(release);
    }
    const release = await this.#hold(newReplicaId);
    return this.#claimed(null, newReplicaId, release ?? (() => {}));
  }

  /** What no page holds: it is sent once a page joins the dashboard. */
  async left(): Promise<readonly Left[]> {
    const { held = [] } = await navigator.locks.query();
    const names = new Set(held.map(({ name }) => name));
    const { stores } = await this.#begin("readonly");
    const all = await answerOf<StoredReplica[]>(stores[REPLICAS]!.getAll());
    const left = new Map<string, Left>();
    for (const replica of all) {
      if (!holdsEdits(replica) || names.has(this.#lockOf(replica.replicaId))) continue;
      const base = await answerOf<StoredBase>(stores[BASES]!.get(replica.replicaId));
      const { dashboardId } = replica;
      left.set(dashboardId, { dashboardId, title: base.state.title });
    }
    return [...left.values()];
  }

  /** Forget what no page holds of this dashboard: those edits are never sent. */
  async discard(dashboardId: string): Promise<void> {
    for (const replicaId of await this.#replicasOf(dashboardId)) {
      const release = await this.#hold(replicaId);
      if (release !== null) await this.#forget(replicaId).finally(release);
    }
  }

  /** Close the database, so that it can be deleted. */
  async close(): Promise<void> {
    (await this.#database)?.close();
    this.#database = null;
  }

  #claimed(left: Stored | null, replicaId: string, release: () => void): Claim {
    return {
      replicaId,
      left,
      write: (change) => this.#write(replicaId, change),
      release: async () => {
        try {
          const stored = await this.#read(replicaId);
          if (stored !== null && !holdsEdits(stored.replica)) await this.#forget(replicaId);
        } finally {
          release();
        }
      },
    };
  }

  /** Returns what lets go of the replica; null: another page holds it. */
  #hold(replicaId: string): Promise<(() => void) | null> {
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(this.#lockOf(replicaId), { ifAvailable: true }, (lock) => {
          if (lock === null) return resolve(null);
          return new Promise<void>((release) => resolve(release));
        })
        .catch(reject);
    });
  }

  #lockOf(replicaId: string): string {
    return `${this.#name}:${replicaId}`;
  }

  // --- the database -----------------------------------------------------------------------------

  async #replicasOf(dashboardId: string): Promise<readonly string[]> {
    const { stores } = await this.#begin("readonly");
    const keys = await answerOf(stores[REPLICAS]!.index("dashboardId").getAllKeys(dashboardId));
    return keys.map(String);
  }

  async #read(replicaId: string): Promise<Stored | null> {
    const { stores } = await this.#begin("readonly");
    const [replica, base, log] = await Promise.all([
      answerOf<StoredReplica | undefined>(stores[REPLICAS]!.get(replicaId)),
      answerOf<StoredBase | undefined>(stores[BASES]!.get(replicaId)),
      answerOf<StoredStep[]>(stores[LOGS]!.getAll(logOf(replicaId))),
    ]);
    return replica === undefined || base === undefined ? null : { replica, base, log };
  }

  async #write(replicaId: string, { replica, base, log }: Change): Promise<void> {
    const { stores, done } = await this.#begin("readwrite");
    stores[REPLICAS]!.put(replica);
    if (base !== null) {
      stores[BASES]!.put({ ...base, replicaId });
      stores[LOGS]!.delete(logOf(replicaId));
    }
    for (const step of log) stores[LOGS]!.put({ ...step, replicaId });
    await done;
  }

  async #forget(replicaId: string): Promise<void> {
    const { stores, done } = await this.#begin("readwrite");
    stores[REPLICAS]!.delete(replicaId);
    stores[BASES]!.delete(replicaId);
    stores[LOGS]!.delete(logOf(replicaId));
    await done;
  }

  /** One that the browser closes, as when the user clears it, is opened again by the next board. */
  #open(): Promise<IDBDatabase> {
    const forget = (): void => void (this.#database = null);
    const opening = open(this.#name);
    opening.then((database) => (database.onclose = forget), forget);
    return opening;
  }

  async #begin(mode: IDBTransactionMode): Promise<Transaction> {
    this.#database ??= this.#open();
    const transaction = (await this.#database).transaction(ALL, mode);
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new WeftError("internal"));
    });
    done.catch(() => {}); // whoever only reads does not look at it
    const stores = ALL.map((name) => [name, transaction.objectStore(name)] as const);
    return { stores: Object.fromEntries(stores), done };
  }
}

interface Transaction {
  readonly stores: { readonly [name: string]: IDBObjectStore };
  readonly done: Promise<void>;
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    const replicas = request.result.createObjectStore(REPLICAS, { keyPath: "replicaId" });
    replicas.createIndex("dashboardId", "dashboardId");
    request.result.createObjectStore(BASES, { keyPath: "replicaId" });
    request.result.createObjectStore(LOGS, { keyPath: ["replicaId", "version"] });
  };
  return answerOf(request);
}

function logOf(replicaId: string): IDBKeyRange {
  return IDBKeyRange.bound([replicaId], [replicaId, []]); // an array is above every number
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new WeftError("internal"));
  });
}
