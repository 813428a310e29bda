/**
 * The heart of one replica of one dashboard: law 3, exactly once, on the client's side.
 *
 * When it says what to the server; the document and what is pending are in the working copy. At
 * most one submission is in flight, under a rising sequence; what `joined` tells of the newest
 * committed sequence decides whether it is sent again. See docs/spec.md, "Rules of a replica".
 */

import { WeftError } from "../errors.ts";
import type { Document } from "../ot/document.ts";
import type { Operations } from "../ot/operation.ts";
import type {
  Acknowledged,
  Ended,
  ErrorMessage,
  Joined,
  Permission,
  Rejected,
  SnapshotPart,
  Submission,
  Tail,
} from "../wire/messages.ts";
import { errorIn } from "./answers.ts";
import type { Chance } from "./backoff.ts";
import { CatchingUp } from "./catching_up.ts";
import type { DashboardMessage, ReplicaEvent } from "./events.ts";
import type { ReplicaInstruction } from "./instructions.ts";
import type { Stored } from "./journal.ts";
import type { Notice } from "./notices.ts";
import { joinOf, submitOf } from "./outgoing.ts";
import { Patience } from "./patience.ts";
import { forbidEditing, NOTHING_TOLD, rightsTold, sameRights } from "./rights.ts";
import { type Phase, type Status, statusOf } from "./status.ts";
import { Storing } from "./storing.ts";
import type { Purpose } from "./undo.ts";
import { WorkingCopy } from "./working_copy.ts";

export interface ReplicaOptions {
  readonly dashboardId: string;
  readonly replicaId: string;
  readonly chance: Chance;
  /** `store` instructions are answered. */
  readonly isStored?: boolean;
}

/** `handle` what happens, `edit` what the user does; carry out the instructions in order. */
export class Replica {
  readonly dashboardId: string;
  readonly replicaId: string;
  rights = NOTHING_TOLD;
  error: WeftError | null = null;
  phase: Phase = "offline";
  copy: WorkingCopy;
  #resting = false; // joined, but the server has asked to send later
  readonly #patience: Patience;
  readonly #storing: Storing;
  #catchingUp = new CatchingUp(null);
  #out: ReplicaInstruction[] = [];

  constructor(options: ReplicaOptions) {
    this.dashboardId = options.dashboardId;
    this.replicaId = options.replicaId;
    this.copy = new WorkingCopy(options);
    this.#patience = new Patience(options.chance);
    this.#storing = new Storing(options.isStored ?? false);
  }

  /** The replica that an earlier life has stored, not connected yet. */
  static restored(stored: Stored, chance: Chance): Replica {
    const replica = new Replica({ ...stored.replica, chance, isStored: true });
    replica.copy = WorkingCopy.restored(stored);
    return replica;
  }

  /** The newest version it has; null: nothing is held yet. */
  get version(): number | null {
    return this.copy.version;
  }

  /** What the user sees: the confirmed document with all pending edits. */
  get document(): Document {
    return this.copy.view;
  }

  get status(): Status {
    return statusOf({
      phase: this.phase,
      pending: this.copy.pending.operations.length,
      conflicts: this.copy.notices.count,
      error: this.error,
    });
  }

  // --- what the user does -----------------------------------------------------------------------

  /** Apply at once, and send in its turn. @throws WeftError, and nothing has changed. */
  edit(operations: Operations, purpose: Purpose): ReplicaInstruction[] {
    this.#checkEditable();
    this.#out.push(...this.copy.edit(operations, purpose));
    this.#submit();
    return this.#taken();
  }

  /** Take back, or make again, the newest step of this user; nothing if there is none. */
  step(purpose: "undo" | "redo"): ReplicaInstruction[] {
    const operations = this.copy.undo.next(purpose);
    if (operations.length === 0 || this.batchIsOpen) return [];
    return this.edit(operations, purpose);
  }

  /** Hold edits back until the batch is closed; they are then one. */
  openBatch(): void {
    this.copy.openBatch();
  }

  closeBatch(): ReplicaInstruction[] {
    this.copy.closeBatch();
    this.#submit();
    return this.#taken();
  }

  /** Undo the edits of the open batch. */
  abandonBatch(): ReplicaInstruction[] {
    this.#out.push(...this.copy.abandonBatch());
    return this.#taken();
  }

  get batchIsOpen(): boolean {
    return this.copy.pending.batchIsOpen;
  }

  /** Make the lost edit again, and close the notice. @throws OperationError if it cannot be. */
  restore(notice: Notice, atMs: number): ReplicaInstruction[] {
    const current = this.copy.notices.find(notice);
    if (current === undefined) return [];
    const instructions = this.edit(current.operations, { atMs });
    this.dismiss(notice);
    return instructions;
  }

  dismiss(notice: Notice): void {
    this.copy.notices.close(notice);
  }

  leave(): ReplicaInstruction[] {
    if (this.phase === "joined" || this.phase === "joining") {
      this.#out.push({ kind: "send", message: { type: "leave", dashboardId: this.dashboardId } });
      this.phase = "leaving";
    } else if (this.phase !== "leaving" && this.phase !== "finished") {
      this.#finish(null);
    }
    return this.#taken();
  }

  // --- what happens -----------------------------------------------------------------------------

  handle(event: ReplicaEvent): ReplicaInstruction[] {
    if (this.phase === "finished") return [];
    switch (event.kind) {
      case "connected":
        this.#patience.connected();
        this.#join();
        break;
      case "disconnected":
        if (this.phase === "leaving") this.#finish(null);
        else this.phase = "offline";
        this.#resting = false;
        break;
      case "waited":
        this.#waitIsOver();
        break;
      case "stored":
        return this.#stored(event.upTo);
      case "givenUp":
        this.#finish(event.error);
        break;
      case "received":
        if (this.phase !== "offline") this.#receiveSafely(event.message);
    }
    return this.#taken();
  }

  #receiveSafely(message: DashboardMessage): void {
    try {
      this.#receive(message);
    } catch (error) {
      this.#out.push({ kind: "report", error }); // law 10: it stays in this dashboard
      this.#patience.startsAfresh = true;
      this.#joinLater();
    }
  }

  #receive(message: DashboardMessage): void {
    switch (message.type) {
      case "snapshot":
      case "tail":
        return this.#catchUp(message);
      case "committed":
        if (!this.#follow(message.submissions) && this.phase === "joined") this.#join();
        return this.#submit();
      case "joined":
        return this.#joined(this.#catchingUp.completed(message));
      case "permission":
        return this.#permitted(message);
      case "rejected":
        return this.#rejected(message.sequence, message);
      case "ended":
        return message.code === "left" ? this.#finish(null) : this.#ended(message);
      case "error":
        if (message.about?.sequence !== undefined) {
          this.#rejected(message.about.sequence, message);
        } else if (this.phase === "joining") {
          this.#ended(message);
        } else {
          this.#out.push({ kind: "report", error: errorIn(message) });
        }
        return;
      case "acknowledged": // the submission itself has come, or is on its way
        return this.#acknowledged(message);
    }
  }

  #catchUp(message: SnapshotPart | Tail): void {
    if (this.phase !== "joining") return; // of a join that is no more
    this.#out.push(this.#catchingUp.take(message));
    const isHeld = message.type === "snapshot" || this.#catchingUp.holdsPages;
    if (!isHeld) this.#follow(message.submissions);
  }

  #joined(message: Joined): void {
    if (this.phase !== "joining" && this.phase !== "joined") return;
    if (this.#patience.isBehind(this.version, message.version)) return this.#joinLater();
    const { snapshot, lastSequence } = message;
    if (snapshot !== undefined) this.#out.push(...this.copy.replace(snapshot, lastSequence));
    if (!this.#follow(message.submissions) || this.version !== message.version) {
      this.#patience.startsAfresh = true;
      return this.#joinLater();
    }
    const { pending } = this.copy;
    this.#permitted(message);
    pending.sequence = Math.max(pending.sequence, lastSequence);
    if (pending.isEmpty) this.#patience.backoff.reset();
    this.#patience.startsAfresh = false;
    this.phase = "joined";
    this.#sendInFlight(); // it has not committed, and never will from before
  }

  #permitted({ role, permissions }: Joined | Permission): void {
    const rights = rightsTold(role, permissions);
    if (sameRights(rights, this.rights)) return;
    this.rights = rights;
    this.#out.push({ kind: "permit", rights });
  }

  #acknowledged({ sequence, version }: Acknowledged): void {
    const passed = this.version !== null && version <= this.version;
    if (this.copy.pending.inFlight?.sequence === sequence && passed) {
      const error = new WeftError("internal", "Its own commit was not recognised.");
      this.#out.push({ kind: "report", error });
      this.#patience.startsAfresh = true;
      this.#joinAgain();
    }
  }

  /** False: a version is missing. */
  #follow(submissions: readonly Submission[]): boolean {
    const wasFlying = this.copy.pending.inFlight !== null;
    const { news, missesAVersion } = this.copy.follow(submissions);
    this.#out.push(...news);
    if (wasFlying && this.copy.pending.inFlight === null) this.#patience.backoff.reset();
    return !missesAVersion;
  }

  #rejected(sequence: number, message: Rejected | ErrorMessage): void {
    if (this.copy.pending.inFlight?.sequence !== sequence) return;
    const error = errorIn(message);
    if (error.retry === "never" && !this.#patience.doubts(error)) {
      this.#out.push(...this.copy.reject(error));
      this.#submit();
    } else if (this.phase !== "joined") {
      return; // the next `joined` has it sent again
    } else if (error.retry === "later") {
      this.#resting = true;
      this.#wait(message.retryAfterMs);
    } else if (error.retry === "reauthenticate") {
      this.#out.push({ kind: "reauthenticate" });
    } else {
      this.#joinAgain();
    }
  }

  #ended(message: Ended | ErrorMessage): void {
    const error = errorIn(message);
    const helps = this.phase === "joining" && !this.copy.pending.isEmpty; // to start afresh
    if (error.code === "conflict" && this.#patience.survivesConflict(helps)) {
      return this.#joinLater();
    }
    if (error.retry === "never") return this.#finish(error);
    if (error.retry === "reauthenticate") return void this.#out.push({ kind: "reauthenticate" });
    if (error.code === "future_version") this.#patience.isBehind(this.version, 0);
    this.#joinLater(message.retryAfterMs);
  }

  #waitIsOver(): void {
    if (this.phase === "waiting") return this.#join();
    if (!this.#resting) return;
    this.#resting = false;
    this.#sendInFlight();
  }

  #stored(upTo: number): ReplicaInstruction[] {
    if (this.#storing.stored(upTo) && this.phase === "joined") this.#sendInFlight();
    return this.#storing.hasLaunched ? this.#taken() : this.#out.splice(0);
  }

  // --- what is asked for ------------------------------------------------------------------------

  #join(): void {
    this.phase = "joining";
    this.#resting = false;
    this.#catchingUp = new CatchingUp(this.version);
    const message = joinOf(this, this.copy, this.#patience.startsAfresh);
    this.#out.push({ kind: "send", message });
  }

  /** At once; but with growing waits when nothing comes of it. */
  #joinAgain(): void {
    if (this.#patience.backoff.attempts > 0) return this.#joinLater();
    this.#patience.backoff.nextSeconds();
    this.#join();
  }

  #joinLater(atLeastMs?: number): void {
    if (this.phase === "leaving") return this.#finish(null);
    this.phase = "waiting";
    this.#wait(atLeastMs);
  }

  #wait(atLeastMs?: number): void {
    this.#out.push({ kind: "wait", seconds: this.#patience.backoff.nextSeconds(atLeastMs) });
  }

  /** Perhaps again, as it is now; if nothing is, what waits has its turn. */
  #sendInFlight(): void {
    const { pending } = this.copy;
    const before = pending.inFlight;
    const flying = pending.resend();
    if (flying === null) return this.#submit();
    if (flying !== before) this.#storing.launched(); // a later life must use the same terms
    this.#send();
  }

  /** Put in flight what waits, if it may fly. */
  #submit(): void {
    const { pending } = this.copy;
    if (this.phase !== "joined" || this.#resting || pending.inFlight !== null) return;
    if (pending.launch() === null) return;
    this.#storing.launched();
    this.#send();
  }

  #send(): void {
    if (!this.#storing.lets()) return;
    this.#out.push({ kind: "send", message: submitOf(this.dashboardId, this.copy) });
  }

  #finish(error: WeftError | null): void {
    this.phase = "finished";
    this.error = error;
    this.#out.push({ kind: "finish", error });
  }

  #checkEditable(): void {
    if (this.error !== null) throw this.error;
    if (this.version === null || this.phase === "finished") throw new WeftError("not_joined");
    if (forbidEditing(this.rights)) {
      throw new WeftError("forbidden", "This user may not edit here now.");
    }
  }

  #taken(): ReplicaInstruction[] {
    const upTo = this.#storing.step();
    if (this.#storing.isWanted) this.#out.push({ kind: "store", upTo });
    return this.#out.splice(0);
  }
}
