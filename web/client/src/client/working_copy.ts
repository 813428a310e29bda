/**
 * Law 4, convergence, on the client's side: one document as it is confirmed, and as it is seen.
 *
 *     confirmed ──in flight──▶ ──waiting──▶ ──open batch──▶ view
 *
 * What others commit moves `confirmed`, and is transformed over all that is pending on its way to
 * the view. The commit of what is in flight moves `confirmed` over it, and the view does not
 * change. Sends nothing; what it returns is for the application.
 */

import type { WeftError } from "../errors.ts";
import { apply } from "../ot/application.ts";
import { operationFromJson } from "../ot/codec.ts";
import { Document } from "../ot/document.ts";
import { invert } from "../ot/inversion.ts";
import type { Operations } from "../ot/operation.ts";
import { transformPair } from "../ot/transformation.ts";
import type { OperationJson, Snapshot, Submission } from "../wire/messages.ts";
import { Attendance } from "./attendance.ts";
import type { Notify, Origin, Show } from "./instructions.ts";
import { documentIn, Journal, type Stored } from "./journal.ts";
import { type Told, toldOf } from "./lost_widgets.ts";
import { type Notice, Notices } from "./notices.ts";
import { OwnWrites } from "./own_writes.ts";
import { effective, type Lost, Pending } from "./pending.ts";
import { type Purpose, UndoSteps } from "./undo.ts";

export type News = readonly (Show | Notify)[];

export interface Followed {
  readonly news: News;
  readonly missesAVersion: boolean; // what comes after the gap was not taken in
}

interface Ids {
  readonly dashboardId: string;
  readonly replicaId: string;
}

export class WorkingCopy {
  version: number | null = null; // null: nothing is held yet
  confirmed = Document.empty();
  view = this.confirmed;
  pending = new Pending();
  readonly notices = new Notices();
  readonly undo = new UndoSteps();
  journal: Journal;
  readonly attendance: Attendance;
  readonly #replicaId: string;
  readonly #ownWrites = new OwnWrites();

  constructor(ids: Ids) {
    this.#replicaId = ids.replicaId;
    this.journal = new Journal(ids);
    this.attendance = new Attendance(ids.replicaId);
  }

  /** @throws OperationError when what is pending does not belong to the document. */
  static restored(stored: Stored): WorkingCopy {
    const copy = new WorkingCopy(stored.replica);
    copy.version = stored.replica.version;
    copy.confirmed = documentIn(stored);
    copy.pending = Pending.fromJson(stored.replica.pending);
    copy.view = apply(copy.confirmed, copy.pending.operations, false);
    copy.journal = Journal.of(stored);
    copy.attendance.startAfresh(copy.version ?? 0);
    return copy;
  }

  // --- the user ---------------------------------------------------------------------------------

  /** Apply at once. @throws WeftError, and nothing has changed. */
  edit(operations: Operations, purpose: Purpose): News {
    const bytes = this.pending.check(operations);
    const before = this.view;
    this.view = apply(before, operations);
    this.pending.add(operations, bytes);
    this.undo.record(invert(before, operations), purpose);
    this.notices.follow(operations);
    this.attendance.changeView(operations, true);
    return [{ kind: "show", origin: "local", operations, userId: null }];
  }

  openBatch(): void {
    this.pending.openBatch();
    this.undo.openBatch();
  }

  closeBatch(): void {
    this.pending.closeBatch();
    this.undo.seal();
  }

  /** Undo the edits of the open batch. */
  abandonBatch(): News {
    const undoing = this.pending.dropBatch(this.confirmed);
    this.undo.dropBatch();
    this.#moveView(undoing);
    this.notices.follow(undoing);
    this.attendance.changeView(undoing, true);
    return shown("local", undoing, null);
  }

  // --- the server -------------------------------------------------------------------------------

  /** Take in what is new of what has committed, in order. */
  follow(submissions: readonly Submission[]): Followed {
    const news: (Show | Notify)[] = [];
    for (const submission of submissions) {
      if (this.version === null || submission.version > this.version + 1) {
        return { news, missesAVersion: true };
      }
      if (submission.version === this.version + 1) {
        news.push(...this.#takeIn(submission));
        this.version = submission.version;
      }
    }
    return { news, missesAVersion: false };
  }

  #takeIn(submission: Submission): News {
    const made = parsed(submission.operations.filter((each) => !("plugin" in each)));
    const added = parsed(submission.operations.filter((each) => "plugin" in each));
    const { version, replicaId } = submission;
    this.journal.record(version, [...made, ...added]);
    this.attendance.follow(version, replicaId, [...made, ...added]);
    let news: News = [];
    if (submission.replicaId === this.#replicaId) {
      if (this.pending.inFlight?.sequence === submission.sequence) {
        this.#commitOwn(submission.version, made);
        return added.length > 0 ? this.#commitRemote(submission, added, null) : news;
      }
      if (submission.sequence > this.pending.sequence) news = this.#setAside();
      this.pending.sequence = Math.max(this.pending.sequence, submission.sequence);
    }
    return [...news, ...this.#commitRemote(submission, [...made, ...added], submission.userId)];
  }

  /**
   * This replica has sent more than it knows: what was stored is older than what was sent, as after
   * a power cut. What is pending may have committed; it must not again, so the user decides.
   */
  #setAside(): News {
    const { operations } = this.pending;
    if (operations.length === 0) return [];
    const undoing = invert(this.confirmed, operations);
    this.pending.clear();
    const news = this.#changeView("rejected", undoing, null);
    const lost = { loss: "discarded", reason: "perhaps_saved", operations } as const;
    return [...news, this.#notice({ ...lost, hasPlace: false })];
  }

  /** What was in flight has committed, as these operations: the view stays as it is. */
  #commitOwn(version: number, operations: Operations): void {
    this.confirmed = apply(this.confirmed, operations, false);
    this.pending.inFlight = null;
    if (this.pending.isEmpty) this.view = this.confirmed; // equal, by law 4: now one object
    this.#ownWrites.record(version, operations);
  }

  /**
   * These of it are of others, who had seen its base version. `userId` null: of a plug-in of the
   * server, which had seen all but the edit of this replica that it follows.
   */
  #commitRemote(submission: Submission, operations: Operations, userId: string | null): News {
    const { version, baseVersion } = submission;
    const overwritten = this.#ownWrites.meet(
      userId === null ? version - 1 : baseVersion,
      operations,
    );
    const before = this.view;
    this.confirmed = apply(this.confirmed, operations, false);
    const { change, discarded } = this.pending.rebase(operations, version);
    const shown = this.#changeView("remote", change, userId);
    const superseded = overwritten.filter(({ reason }) => reason === "superseded");
    const homeless = overwritten.filter(({ reason }) => reason !== "superseded");
    return [
      ...shown,
      ...this.#tellDiscarded(toldOf([...discarded, ...homeless], before, this.view), userId),
      ...superseded.flatMap((lost) => this.#tellSuperseded(lost, operations, userId)),
    ];
  }

  /** What was in flight will never commit: undo it under all that was edited since. */
  reject(error: WeftError): News {
    const rejected = this.pending.inFlight?.operations ?? [];
    const { change, discarded } = this.pending.dropInFlight(this.confirmed);
    const news = this.#changeView("rejected", change, null);
    const again = this.#inView(rejected);
    const notice = this.#notice({
      loss: "rejected",
      reason: error.code,
      operations: again.length > 0 ? again : rejected,
      hasPlace: again.length > 0,
      error,
    });
    const told = discarded.map((lost) => ({ operations: [lost.operation], reason: lost.reason }));
    return [...news, notice, ...this.#tellDiscarded(told, null)];
  }

  /**
   * A snapshot: what is pending cannot be moved onto it, so the application is told.
   *
   * What has committed, up to `lastSequence` of this replica, is in the snapshot.
   */
  replace(snapshot: Snapshot, lastSequence: number): News {
    const confirmed = Document.fromJson(snapshot.state);
    const flying = this.pending.inFlight;
    if (flying !== null && flying.sequence <= lastSequence) this.pending.inFlight = null;
    const lost = this.pending.clear();
    this.confirmed = this.view = confirmed;
    this.version = snapshot.version;
    this.journal.startAfresh();
    this.attendance.startAfresh(snapshot.version);
    this.#ownWrites.clear();
    this.undo.clear();
    this.notices.losePlaces();
    const news: Show = { kind: "show", origin: "snapshot", operations: [], userId: null };
    if (lost.length === 0) return [news];
    const gone = { loss: "discarded", reason: "history_gone", operations: lost } as const;
    return [news, this.#notice({ ...gone, hasPlace: false })];
  }

  /** From the view to the confirmed document. */
  undoPending(): Operations {
    return invert(this.confirmed, this.pending.operations);
  }

  // --- telling ----------------------------------------------------------------------------------

  #changeView(origin: Origin, change: Operations, userId: string | null): News {
    this.#moveView(change);
    this.undo.follow(change);
    this.notices.follow(change);
    this.attendance.changeView(change, false);
    return shown(origin, change, userId);
  }

  #moveView(change: Operations): void {
    this.view = this.pending.isEmpty ? this.confirmed : apply(this.view, change, false);
  }

  #tellDiscarded(discarded: readonly Told[], userId: string | null): News {
    return discarded.map(({ operations, reason }) =>
      this.#notice({ loss: "discarded", reason, operations, hasPlace: false, userId }),
    );
  }

  /** Unless something pending sets the value anew. */
  #tellSuperseded({ operation, reason }: Lost, by: Operations, userId: string | null): News {
    const operations = this.#inView(transformPair(by, [operation]).later);
    if (operations.length === 0) return [];
    return [this.#notice({ loss: "superseded", reason, operations, hasPlace: true, userId })];
  }

  #notice(told: Omit<Notice, "number" | "userId" | "error"> & Partial<Notice>): Notify {
    return { kind: "notify", notice: this.notices.add({ userId: null, error: null, ...told }) };
  }

  /** Operations on the confirmed document as they would act on the view. */
  #inView(operations: Operations): Operations {
    return effective(transformPair(operations, this.pending.operations).earlier);
  }
}

function parsed(operations: readonly OperationJson[]): Operations {
  return operations
    .filter(({ type }) => type !== "noop")
    .map((each) => operationFromJson(each, true));
}

function shown(origin: Origin, operations: Operations, userId: string | null): News {
  return operations.length > 0 ? [{ kind: "show", origin, operations, userId }] : [];
}
