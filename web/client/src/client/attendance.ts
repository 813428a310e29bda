/**
 * Law 8, presence is true, on the client's side: who else is here, and where this user is.
 *
 * Each `Present` says at which version its offsets hold. What has committed since moves them when
 * somebody looks; a presence that is ahead of this replica waits for its commits. Own whereabouts
 * are kept as the user sees them, and told as of the confirmed document. `believed` is what the
 * others make of what was told last: only what differs from it is news.
 */

import { WeftError } from "../errors.ts";
import type { Operations } from "../ot/operation.ts";
import type { Present, PresenceUser, SetPresence } from "../wire/messages.ts";
import {
  PRESENCE_HISTORY_VERSIONS,
  PRESENCE_MAX_BYTES,
  SELECTION_RANGES_MAX,
} from "../wire/tables.ts";
import type { ReplicaEvent } from "./events.ts";
import type { ShowPresence } from "./instructions.ts";
import { isInDocument, lost, moved, type Whereabouts } from "./places.ts";

/** A user who is here, with all their connections: two tabs are two. */
export interface Person {
  readonly user: PresenceUser;
  readonly connections: readonly Present[];
  readonly isActive: boolean;
}

interface Step {
  readonly version: number;
  readonly replicaId: string;
  readonly operations: Operations;
}

const NOTHING: readonly ShowPresence[] = [];
const CHANGED: readonly ShowPresence[] = [{ kind: "presence" }];

/** Of one replica. `handle` after the replica has handled the same event. */
export class Attendance {
  mayHaveNews = false;
  readonly #replicaId: string;
  #connectionId = "";
  #version = 0;
  #steps: Step[] = []; // the newest ones that have committed
  #present = new Map<string, Present>();
  #own: Whereabouts | null = null; // as the user sees it; null: nothing was set
  #believed: (Whereabouts & { readonly version: number }) | null = null; // null: nothing
  #isJoined = false;

  constructor(replicaId: string) {
    this.#replicaId = replicaId;
  }

  // --- the server -------------------------------------------------------------------------------

  /** `connectionId`: of the socket that the event has come from. */
  handle(event: ReplicaEvent, connectionId: string): readonly ShowPresence[] {
    this.#connectionId = connectionId;
    if (event.kind === "disconnected") return this.#leave();
    if (event.kind !== "received") return NOTHING;
    const { message } = event;
    switch (message.type) {
      case "ended":
        return this.#leave();
      case "joined":
        this.#isJoined = this.mayHaveNews = true;
        this.#believed = null;
        return this.#replace(message.roster ?? []);
      case "roster":
        return this.#replace(message.roster);
      case "presence":
        for (const each of message.changed) this.#present.set(each.connectionId, each);
        for (const connectionId of message.left) this.#present.delete(connectionId);
        return message.changed.some((each) => this.#isOther(each)) || message.left.length > 0
          ? CHANGED
          : NOTHING;
      default:
        return NOTHING;
    }
  }

  /** What has committed, version after version. */
  follow(version: number, replicaId: string, operations: Operations): void {
    this.#version = version;
    this.#steps.push({ version, replicaId, operations });
    if (replicaId === this.#replicaId) this.mayHaveNews = true;
    if (this.#steps.length > 2 * PRESENCE_HISTORY_VERSIONS) {
      this.#bringUp();
      this.#steps.splice(0, PRESENCE_HISTORY_VERSIONS);
    }
  }

  /** A snapshot, or what was stored: nobody knows here what came between. */
  startAfresh(version: number): void {
    this.#bringUp();
    this.#version = version;
    this.#steps = [];
  }

  // --- others -----------------------------------------------------------------------------------

  /** Every other connection, as of the confirmed document with `pending` edits. */
  others(pending: Operations): readonly Present[] {
    return this.#seen(pending).filter((each) => this.#isOther(each));
  }

  /** Everybody by user, this one included, in the order in which they came. */
  people(pending: Operations): readonly Person[] {
    const found = new Map<string, Present[]>();
    for (const each of this.#seen(pending)) {
      found.set(each.userId, [...(found.get(each.userId) ?? []), each]);
    }
    return [...found.values()].map((connections) => ({
      user: connections[connections.length - 1]!.user,
      connections,
      isActive: connections.some(({ isActive }) => isActive),
    }));
  }

  #seen(pending: Operations): readonly Present[] {
    this.#bringUp();
    return [...this.#present.values()].map((each) => moved(each, pending, false));
  }

  #isOther({ connectionId }: Present): boolean {
    return connectionId !== this.#connectionId;
  }

  #leave(): readonly ShowPresence[] {
    this.#isJoined = false;
    this.#believed = null;
    return this.#replace([]);
  }

  #replace(roster: readonly Present[]): readonly ShowPresence[] {
    const isEmpty = this.#present.size === 0 && !roster.some((each) => this.#isOther(each));
    this.#present = new Map(roster.map((each) => [each.connectionId, each]));
    return isEmpty ? NOTHING : CHANGED;
  }

  /** Everybody to this version. */
  #bringUp(): void {
    for (const [connectionId, present] of this.#present) {
      const { version = this.#version, replicaId } = present;
      if (version > this.#version || present.version === this.#version) continue;
      const brought = this.#brought(present, version, replicaId);
      this.#present.set(connectionId, { ...brought, version: this.#version });
    }
  }

  /** From `version` to this one; `replicaId`: whose edits move it along. */
  #brought<Where extends Whereabouts>(where: Where, version: number, replicaId: string): Where {
    const behind = this.#version - version;
    if (behind <= 0 || !isInDocument(where)) return where;
    if (behind > this.#steps.length) return lost(where);
    return this.#steps
      .slice(-behind)
      .reduce(
        (before, step) => moved(before, step.operations, step.replicaId === replicaId),
        where,
      );
  }

  // --- this user --------------------------------------------------------------------------------

  /** Where the user is in what is shown now; null: nothing was set. */
  get own(): Whereabouts | null {
    return this.#own;
  }

  /** @throws WeftError too_large, and nothing has changed. */
  set(own: Whereabouts): void {
    const bytes = new TextEncoder().encode(JSON.stringify(own)).length;
    if ((own.selection?.length ?? 0) > SELECTION_RANGES_MAX || bytes > PRESENCE_MAX_BYTES - 150) {
      throw new WeftError("too_large", `A presence has at most ${PRESENCE_MAX_BYTES} bytes.`);
    }
    this.#own = own;
    this.mayHaveNews = true;
  }

  /** What is shown has changed: where the user is moves with it. */
  changeView(operations: Operations, own: boolean): void {
    if (this.#own === null || !isInDocument(this.#own)) return;
    this.#own = moved(this.#own, operations, own);
    this.mayHaveNews = true;
  }

  /** What to tell the others now. `undo`: from what is shown to what is confirmed. */
  news(dashboardId: string, undo: () => Operations): SetPresence | null {
    if (!this.#isJoined || this.#own === null) return null;
    this.mayHaveNews = false;
    const own = isInDocument(this.#own) ? moved(this.#own, undo(), false) : this.#own;
    if (this.#believed !== null && this.#believes(own, this.#believed)) return null;
    const version = this.#version;
    this.#believed = { ...own, version };
    return { type: "presence", dashboardId, ...own, version };
  }

  #believes(own: Whereabouts, { version, ...told }: Whereabouts & { version: number }): boolean {
    if (!isInDocument(own)) return same(own, told);
    const isRecent = this.#version - version < PRESENCE_HISTORY_VERSIONS; // for who joins later
    return isRecent && same(this.#brought(told, version, this.#replicaId), own);
  }
}

function same(one: Whereabouts, other: Whereabouts): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
