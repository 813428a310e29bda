/** A conversation between one replica and a server that the test speaks for, line by line. */

import { Editing } from "../src/client/editing.ts";
import type { ReplicaEvent } from "../src/client/events.ts";
import type { Origin, Progress, ReplicaInstruction } from "../src/client/instructions.ts";
import type { Stored } from "../src/client/journal.ts";
import type { Notice } from "../src/client/notices.ts";
import { Replica } from "../src/client/replica.ts";
import type { State } from "../src/client/status.ts";
import { type Code, WeftError } from "../src/errors.ts";
import { decodeServerFrame } from "../src/wire/codec.ts";
import type { OperationJson, Submission } from "../src/wire/messages.ts";

export const BOARD = "00000000-0000-4000-8000-00000000000b";
export const ME = "00000000-0000-4000-8000-000000000001";
export const OTHER = "00000000-0000-4000-8000-000000000002";
export const WIDGET = "00000000-0000-4000-8000-0000000000aa";
export const TEXT = ["config", "text"];

export const NOTE = {
  type: "text",
  title: "Notes",
  position: { x: 0, y: 0, width: 4, height: 2 },
  config: { text: "hello", items: ["a", "b", "c"] },
  data: {},
  isLocked: false,
};
export const STATE = { title: "Sales", widgets: { [WIDGET]: NOTE } };

export function typed(position: number, value: string): OperationJson {
  return { type: "insert", targetId: WIDGET, path: TEXT, position, value };
}

export function erased(position: number, length: number): OperationJson {
  return { type: "delete", targetId: WIDGET, path: TEXT, position, length };
}

export function updated(path: readonly string[], value: any): OperationJson {
  return { type: "update", targetId: WIDGET, path, value };
}

export function submission(
  version: number,
  operations: readonly OperationJson[],
  more: Partial<Submission> = {},
): Submission {
  const by = more.replicaId ?? OTHER;
  return {
    version,
    replicaId: by,
    sequence: 1,
    userId: by,
    baseVersion: version - 1,
    operations,
    at: 1_000,
    ...more,
  };
}

export function submit(sequence: number, baseVersion: number, ...operations: OperationJson[]) {
  return { type: "submit", dashboardId: BOARD, sequence, baseVersion, operations };
}

export function join(version?: number, wantsTail = false) {
  const known = version === undefined ? {} : { version };
  return { type: "join", dashboardId: BOARD, replicaId: ME, wantsTail, ...known };
}

interface Options {
  readonly joined?: boolean;
  readonly role?: string;
  readonly isStored?: boolean;
  readonly left?: Stored;
}

/** `replica` joins a dashboard with one note at version 0, unless told otherwise. */
export class Conversation {
  readonly replica: Replica;
  readonly edit: Editing;
  now = 0;
  out: ReplicaInstruction[] = [];

  constructor({ joined = true, role = "editor", isStored = false, left }: Options = {}) {
    const chance = (): number => 0;
    this.replica =
      left === undefined
        ? new Replica({ dashboardId: BOARD, replicaId: ME, chance, isStored })
        : Replica.restored(left, chance);
    const carry = (orders: readonly ReplicaInstruction[]): number => this.out.push(...orders);
    this.edit = new Editing(this.replica, carry, () => this.now);
    if (!joined) return;
    this.connect();
    this.joined(0, [], { state: STATE, role });
    this.out = [];
  }

  // --- what the server says ---------------------------------------------------------------------

  happens(event: ReplicaEvent): void {
    this.out.push(...this.replica.handle(event));
  }

  connect(): void {
    this.happens({ kind: "connected" });
  }

  disconnect(): void {
    this.happens({ kind: "disconnected" });
  }

  /** A frame for this dashboard, through the real codec. */
  hears(fields: { readonly type: string; readonly [field: string]: unknown }): void {
    const message: any = decodeServerFrame(JSON.stringify({ dashboardId: BOARD, ...fields }));
    this.happens({ kind: "received", message });
  }

  joined(version: number, submissions: readonly Submission[], more: any = {}): void {
    const { state, role = "editor", lastSequence = 0 } = more;
    const snapshot = state && { version, state };
    const rest = { role, submissions, lastSequence, lastVersion: 0, snapshot };
    this.hears({ type: "joined", version, ...rest });
  }

  committed(...submissions: readonly Submission[]): void {
    this.hears({ type: "committed", submissions });
  }

  rejected(sequence: number, code: Code): void {
    const { message, fault, retry } = new WeftError(code);
    this.hears({ type: "rejected", sequence, code, message, fault, retry });
  }

  // --- what the replica says --------------------------------------------------------------------

  get text(): unknown {
    return this.replica.document.valueAt(WIDGET, TEXT);
  }

  get state(): State {
    return this.replica.status.state;
  }

  sent(): unknown[] {
    return this.#take("send").map(({ message }) => JSON.parse(JSON.stringify(message)));
  }

  told(): Notice[] {
    return this.#take("notify").map(({ notice }) => notice);
  }

  progress(): Progress[] {
    return this.#take("progress");
  }

  shown(): Origin[] {
    return this.#take("show").map(({ origin }) => origin);
  }

  /** The number of the newest order to store. */
  toStore(): number {
    return this.#take("store").at(-1)!.upTo;
  }

  #take<K extends ReplicaInstruction["kind"]>(kind: K): Extract<ReplicaInstruction, { kind: K }>[] {
    const taken = this.out.filter((order) => order.kind === kind);
    this.out = this.out.filter((order) => order.kind !== kind);
    return taken as Extract<ReplicaInstruction, { kind: K }>[];
  }
}
