/**
 * A dashboard in a page: edits at once, what to listen for, and what to wait for.
 *
 * Waits, stores and hands on; what happens is decided in `replica.ts`.
 */

import type { JsonObject } from "../ot/operation.ts";
import type { Present, Role } from "../wire/messages.ts";
import { PRESENCE_TICK_SECONDS } from "../wire/tables.ts";
import type { Person } from "./attendance.ts";
import { Editing } from "./editing.ts";
import type {
  FeedRefused,
  Notify,
  Permit,
  Progress,
  ReplicaInstruction,
  Show,
  ShowPresence,
  Store,
  Tell,
} from "./instructions.ts";
import type { Whereabouts } from "./places.ts";
import { type LiveValue, LiveValues } from "./live.ts";
import type { Replica } from "./replica.ts";
import type { Status } from "./status.ts";
import type { Claim } from "./store.ts";

export interface StatusChanged {
  readonly kind: "status";
  readonly status: Status;
}

export interface LiveChanged {
  readonly kind: "live";
  readonly live: ReadonlyMap<string, LiveValue>;
}

export type News =
  Show | Notify | Permit | ShowPresence | Progress | LiveChanged | FeedRefused | StatusChanged;
export type Listener = (news: News) => void;

interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
}

/** One dashboard: what `client.join` returns. All edits are methods of `Editing`. */
export class Board extends Editing {
  readonly #carryOut: (instructions: readonly ReplicaInstruction[]) => void;
  readonly #claim: Claim | null;
  readonly #live = new LiveValues();
  readonly #listeners = new Set<Listener>();
  readonly #news: News[] = []; // told in order, though a listener may edit
  #isTelling = false;
  #status: Status;
  #waiters: Waiter[] = [];
  #writing = Promise.resolve();
  #unwritten: Store | null = null; // what to write when the write under way is done
  #storesNothing = false;
  #releasing: Promise<void> | null = null;
  #presenceTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    replica: Replica,
    claim: Claim | null,
    carryOut: (instructions: readonly ReplicaInstruction[]) => void,
  ) {
    super(replica, carryOut);
    this.#carryOut = carryOut;
    this.#claim = claim;
    this.#status = replica.status;
  }

  get dashboardId(): string {
    return this.replica.dashboardId;
  }

  get replicaId(): string {
    return this.replica.replicaId;
  }

  /** The newest committed version that this board has; null: none yet. */
  get version(): number | null {
    return this.replica.version;
  }

  get role(): Role | null {
    return this.replica.rights.role;
  }

  /** What this user may do here and now, as `write widget`, at least on some widgets. */
  get permissions(): readonly string[] {
    return this.replica.rights.permissions;
  }

  /** What feeds have given widgets last, by widget id; the same map until something changes. */
  get live(): ReadonlyMap<string, LiveValue> {
    return this.#live.values;
  }

  /**
   * Give a widget its newest live data, of which no history is kept; the latest wins. What is fed
   * while there is no connection is lost; what is refused comes to listeners as `feedRefused`.
   */
  feed(widgetId: string, value: JsonObject): void {
    const { dashboardId } = this;
    this.#carryOut([{ kind: "send", message: { type: "feed", dashboardId, widgetId, value } }]);
  }

  /** The same object until something in it changes. */
  get status(): Status {
    return this.#status;
  }

  /** Left, or failed for good. */
  get isOver(): boolean {
    return this.replica.phase === "finished";
  }

  /**
   * Every other connection, cursors where they are in what is shown now. News of kind "presence"
   * tell when somebody has come, gone or moved; an edit ("show") moves them, too.
   */
  get presence(): readonly Present[] {
    return this.replica.copy.attendance.others(this.replica.copy.pending.operations);
  }

  /** Everybody who is here, this user included: one for all their tabs. */
  get people(): readonly Person[] {
    return this.replica.copy.attendance.people(this.replica.copy.pending.operations);
  }

  /** What `setPresence` was told, moved along with what was edited since; null: nothing yet. */
  get whereabouts(): Whereabouts | null {
    return this.replica.copy.attendance.own;
  }

  /**
   * Tell the others where this user is: all of it. Offsets are code points of what is shown now and
   * move with the text. Told at most 30 times a second, the newest; and again after a reconnect.
   * @throws WeftError too_large.
   */
  setPresence(where: Whereabouts): void {
    this.replica.copy.attendance.set(where);
    this.step();
  }

  /** Call `listener` with every change, notice, status and so on; returns what ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when nothing is pending and the board is joined: all that is shown is durable.
   * Rejects with a WeftError when an edit is rejected meanwhile, or the board has failed.
   */
  async saved(): Promise<void> {
    const known = new Set(this.notices().map(({ number }) => number));
    await this.until(() => this.isOver || ["saved", "conflict"].includes(this.#status.state));
    const rejected = this.notices().find(({ error, number }) => error && !known.has(number));
    const error = rejected?.error ?? this.#status.error;
    if (error !== null) throw error;
  }

  /** Stop following this dashboard. What is not saved is lost, if it is not stored. */
  leave(): Promise<void> {
    this.leaving ??= this.#leave();
    return this.leaving;
  }

  // --- for the client ---------------------------------------------------------------------------

  /** Until when it is being left; null: it is not. */
  leaving: Promise<void> | null = null;

  tell(instruction: Tell["instruction"]): void {
    switch (instruction.kind) {
      case "store":
        return this.#store(instruction);
      case "report":
        return console.error(`weft: dashboard ${this.dashboardId}:`, instruction.error);
      case "show":
      case "notify":
      case "permit":
      case "presence":
      case "progress":
      case "feedRefused":
        return this.#announce(instruction);
      case "showLive":
        if (this.#live.follow(instruction)) this.#announce({ kind: "live", live: this.live });
    }
  }

  /** Something has happened: whoever waits looks again. */
  step(): void {
    if (this.replica.copy.attendance.mayHaveNews && this.#presenceTimer === null) {
      this.#tellPresence();
    }
    const { status } = this.replica;
    if (!sameStatus(status, this.#status)) {
      this.#status = status;
      this.#announce({ kind: "status", status });
    }
    const over = this.#waiters.filter((waiter) => waiter.isOver());
    this.#waiters = this.#waiters.filter((waiter) => !over.includes(waiter));
    for (const waiter of over) waiter.resolve();
    if (this.isOver) void this.released();
  }

  until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isOver, resolve }));
  }

  /** Nothing more is written, and who joins next may go on with what is left. */
  released(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async #release(): Promise<void> {
    await this.#writing;
    this.#storesNothing = true;
    await this.#claim?.release().catch(warn);
  }

  async #leave(): Promise<void> {
    this.#carryOut(this.replica.leave());
    await this.until(() => this.isOver);
    await this.released();
  }

  #tellPresence(): void {
    this.#presenceTimer = null;
    const { copy, phase } = this.replica;
    if (phase !== "joined") return;
    const message = copy.attendance.news(this.dashboardId, () => copy.undoPending());
    if (message === null) return;
    this.#presenceTimer = setTimeout(() => this.#tellPresence(), PRESENCE_TICK_SECONDS * 1000);
    this.#carryOut([{ kind: "send", message }]);
  }

  #announce(news: News): void {
    this.#news.push(news);
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#news.shift(); next !== undefined; next = this.#news.shift()) {
      for (const listener of [...this.#listeners]) {
        try {
          listener(next);
        } catch (error) {
          console.error("weft: a listener has failed.", error); // its fault stays with it
        }
      }
    }
    this.#isTelling = false;
  }

  /** One write at a time; what happens during one is in the next. */
  #store(order: Store): void {
    if (this.#unwritten === null) this.#writing = this.#writing.then(() => this.#write());
    this.#unwritten = order;
  }

  async #write(): Promise<void> {
    const { upTo } = this.#unwritten!;
    this.#unwritten = null;
    const change = this.#storesNothing ? null : this.replica.copy.journal.next(this.replica.copy);
    try {
      if (change !== null) await this.#claim?.write(change);
    } catch (error) {
      this.#storesNothing = true; // full, or forbidden: the page goes on without
      warn(error);
    }
    this.#carryOut(this.replica.handle({ kind: "stored", upTo }));
  }
}

function sameStatus(one: Status, other: Status): boolean {
  return (
    one.state === other.state &&
    one.pending === other.pending &&
    one.conflicts === other.conflicts &&
    one.error === other.error
  );
}

function warn(error: unknown): void {
  console.warn("weft: unsent edits will not outlive this page.", error);
}
