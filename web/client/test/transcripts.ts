/**
 * The TypeScript replica is told what a Python replica was told, and must order the same.
 *
 *     node transcripts.ts < transcripts     each line one transcript of tests/web/transcripts.py;
 *                                           prints the first difference of each
 *
 * Every second replica is one that is stored, at once: what it sends must be the same.
 */

import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import type { ReplicaInstruction } from "../src/client/instructions.ts";
import type { Stored } from "../src/client/journal.ts";
import { Replica } from "../src/client/replica.ts";
import { type Code, WeftError } from "../src/errors.ts";
import { operationFromJson, operationToJson } from "../src/ot/codec.ts";
import { sameJson } from "../src/ot/values.ts";
import { freezePrototypes, frozen } from "./cross_check.ts";

class Repeated {
  readonly #replica: Replica;
  #draws: number[] = [];

  constructor(begin: any, isStored: boolean) {
    const chance = (): number => this.#draws.shift() ?? 0;
    const { dashboardId, replicaId } = begin;
    if (begin.state === undefined) {
      this.#replica = new Replica({ dashboardId, replicaId, chance, isStored });
    } else {
      const { version, state, pending } = begin;
      const replica = { dashboardId, replicaId, version, pending };
      const stored: Stored = { replica, base: { version, state }, log: [] };
      this.#replica = Replica.restored(stored, chance);
    }
  }

  /** What it has done otherwise; null: nothing. */
  difference(line: any): unknown {
    this.#draws = [...line.draws];
    const answer = this.#answer(line.call);
    const { phase, version, document, status } = this.#replica;
    const { state, pending, conflicts } = status;
    const got = {
      ...line,
      answer,
      phase,
      version,
      status: [state, pending, conflicts],
      ...(line.view !== undefined && { view: document.toJSON() }),
    };
    return sameJson(got, line) ? null : got;
  }

  #answer(call: any): unknown {
    try {
      return this.#stored(this.#orders(call)).map(written);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      return { error: error.code };
    }
  }

  #orders(call: any): readonly ReplicaInstruction[] {
    const replica = this.#replica;
    if (call.edit)
      return replica.edit(
        call.edit.map((each: unknown) => read(each)),
        { atMs: 0 },
      );
    if (call.handle) return replica.handle(eventIn(call.handle));
    if (call.closeBatch) return replica.closeBatch();
    if (call.abandonBatch) return replica.abandonBatch();
    if (call.leave) return replica.leave();
    if (call.openBatch) replica.openBatch();
    if (call.dismiss) {
      const notice = replica.copy.notices.open().find(({ number }) => number === call.dismiss);
      if (notice !== undefined) replica.dismiss(notice);
    }
    return [];
  }

  /** The orders, all that is to be stored having been stored. */
  #stored(orders: readonly ReplicaInstruction[]): readonly ReplicaInstruction[] {
    return orders.flatMap((order) => {
      if (order.kind !== "store") return [order];
      this.#replica.copy.journal.next(this.#replica.copy);
      return this.#stored(this.#replica.handle({ kind: "stored", upTo: order.upTo }));
    });
  }
}

function read(json: unknown) {
  return operationFromJson(json, true);
}

function eventIn(event: any): any {
  return event.error ? { ...event, error: new WeftError(event.error as Code) } : event;
}

function written(order: ReplicaInstruction): unknown {
  switch (order.kind) {
    case "show":
      return { ...order, operations: order.operations.map(operationToJson) };
    case "notify": {
      const { notice } = order;
      const operations = notice.operations.map(operationToJson);
      const error = notice.error?.code ?? null;
      return { kind: "notify", notice: { ...notice, operations, error } };
    }
    case "permit":
      return { kind: "permit", ...order.rights };
    case "report":
    case "finish":
      return { kind: order.kind, error: codeOf(order.error) };
    default:
      return order;
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof WeftError ? error.code : null;
}

freezePrototypes();
let number = 0;
for await (const text of createInterface({ input: stdin })) {
  const [{ begin }, ...lines] = frozen(JSON.parse(text));
  const replica = new Repeated(begin, number % 2 === 0);
  for (const [index, line] of lines.entries()) {
    const got = replica.difference(line);
    if (got === null) continue;
    stdout.write(`${JSON.stringify({ number, line: index + 1, got })}\n`);
    break;
  }
  number += 1;
}
