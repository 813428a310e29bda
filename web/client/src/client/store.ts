/**
 * Where unsent edits outlive the page: the port, and a twin in memory for tests.
 *
 * One page at a time holds a replica. A replica that a page has left with unsent edits is given to
 * the next page that asks for its dashboard; one without them is forgotten.
 */

import type { Change, Stored, StoredReplica, StoredStep } from "./journal.ts";

export interface ReplicaStore {
  /** Take over a replica that a page has left, or else begin the new one. */
  claim(dashboardId: string, newReplicaId: string): Promise<Claim>;
}

/** The hold of a page on one replica. Writes happen in order; each wholly or not at all. */
export interface Claim {
  readonly replicaId: string;
  /** What an earlier page has left; null: the replica is new. */
  readonly left: Stored | null;
  write(change: Change): Promise<void>;
  /** Another page may have it; without unsent edits it is forgotten. */
  release(): Promise<void>;
}

export function holdsEdits({ pending }: StoredReplica): boolean {
  return pending.inFlight !== null || pending.waiting.length > 0;
}

/** Lasts as long as it is held: what a browser's storage does, for as long as the test wants. */
export class MemoryStore implements ReplicaStore {
  readonly #stored = new Map<string, Stored>();
  readonly #held = new Set<string>();

  claim(dashboardId: string, newReplicaId: string): Promise<Claim> {
    let left: Stored | null = null;
    for (const [replicaId, stored] of this.#stored) {
      if (stored.replica.dashboardId !== dashboardId || this.#held.has(replicaId)) continue;
      if (!holdsEdits(stored.replica)) this.#stored.delete(replicaId);
      else left ??= stored;
    }
    const replicaId = left?.replica.replicaId ?? newReplicaId;
    this.#held.add(replicaId);
    return Promise.resolve({
      replicaId,
      left: structuredClone(left),
      write: (change) => this.#write(replicaId, structuredClone(change)),
      release: () => this.#release(replicaId),
    });
  }

  /** As when the page is closed: nothing more is written by whoever held it. */
  cutOff(replicaId: string): void {
    this.#held.delete(replicaId);
  }

  async #write(replicaId: string, change: Change): Promise<void> {
    await Promise.resolve();
    if (!this.#held.has(replicaId)) return;
    const old = this.#stored.get(replicaId);
    const base = change.base ?? old?.base;
    if (base === undefined) throw new RangeError("The first change has a base.");
    const kept: readonly StoredStep[] = change.base === null ? (old?.log ?? []) : [];
    this.#stored.set(replicaId, { replica: change.replica, base, log: [...kept, ...change.log] });
  }

  async #release(replicaId: string): Promise<void> {
    await Promise.resolve();
    this.#held.delete(replicaId);
    const stored = this.#stored.get(replicaId);
    if (stored !== undefined && !holdsEdits(stored.replica)) this.#stored.delete(replicaId);
  }
}
