/** The connection's heart: hello, reconnecting, and never a loop where trying again cannot help. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../src/client/connection.ts";
import type { ConnectionEvent } from "../src/client/events.ts";
import type { ConnectionInstruction } from "../src/client/instructions.ts";
import { Replica } from "../src/client/replica.ts";
import { type Code, WeftError } from "../src/errors.ts";
import { CLOSE_CODES } from "../src/wire/tables.ts";
import { BOARD, ME, STATE } from "./conversation.ts";

const WELCOME = { protocol: 1, connectionId: "c1", userId: ME, serverTime: 1, limits: {} };
const JOINED = { role: "editor", submissions: [], lastSequence: 0, lastVersion: 0 };

/** A connection whose socket is the test. */
class Line {
  readonly connection = new Connection(() => 0, "test");
  out: ConnectionInstruction[] = this.connection.open();

  constructor({ opened = true } = {}) {
    if (opened) this.greet();
  }

  greet(): void {
    this.out = [];
    this.happens({ kind: "socketOpened", token: "secret" });
    this.hears("welcome", WELCOME);
  }

  happens(event: ConnectionEvent): void {
    this.out.push(...this.connection.handle(event));
  }

  hears(type: string, fields: object): void {
    this.happens({ kind: "frameReceived", frame: JSON.stringify({ type, ...fields }) });
  }

  closes(code: number | null, lastedSeconds = 0): void {
    this.happens({ kind: "socketClosed", code, reason: "", lastedSeconds });
  }

  join(): Replica {
    const replica = new Replica({ dashboardId: BOARD, replicaId: ME, chance: () => 0 });
    this.out.push(...this.connection.add(replica));
    this.hears("joined", {
      ...JOINED,
      dashboardId: BOARD,
      version: 0,
      snapshot: { version: 0, state: STATE },
    });
    return replica;
  }

  /** All orders since the last time, short. */
  orders(): string[] {
    return this.out.splice(0).map((order) => {
      if (order.kind === "sendFrame") return JSON.parse(order.frame).type;
      if (order.kind === "openSocket") {
        return `open after ${order.afterSeconds}${order.renewToken ? " with a new token" : ""}`;
      }
      if (order.kind === "closeSocket") return `close ${order.code}`;
      if (order.kind === "fail") return `fail ${order.error.code}`;
      if (order.kind === "announce") return `announce ${order.text}`;
      if (order.kind === "renewToken") return "renew token";
      if (order.kind === "waitFor") return `wait ${order.seconds}`;
      return order.instruction.kind;
    });
  }
}

function errorFields(code: Code): object {
  const { message, fault, retry } = new WeftError(code);
  return { code, message, fault, retry };
}

test("it says hello, and joins only after the welcome", () => {
  const line = new Line({ opened: false });
  assert.deepEqual(line.orders(), ["open after 0"]);
  line.connection.add(new Replica({ dashboardId: BOARD, replicaId: ME, chance: () => 0 }));
  line.happens({ kind: "socketOpened", token: "secret" });
  assert.deepEqual(line.orders(), ["hello"]);
  line.hears("welcome", WELCOME);
  assert.deepEqual(line.orders(), ["join"]);
});

test("after a cut it opens again, with growing waits, and joins again", () => {
  const line = new Line();
  const replica = line.join();
  line.orders();
  for (const wait of [0.125, 0.25, 0.5]) {
    line.closes(null);
    assert.equal(replica.phase, "offline");
    assert.deepEqual(line.orders(), [`open after ${wait}`]);
  }
  line.greet();
  assert.deepEqual(line.orders(), ["hello", "join"]);
  line.closes(1006, 60);
  assert.deepEqual(line.orders(), ["open after 0.125"], "a long life makes the wait short again");
});

test("who was killed is met within a second of its return, and who stays away is spared", () => {
  const line = new Line();
  line.orders();
  const waits = [];
  for (let attempt = 0; attempt < 15; attempt++) {
    line.closes(null);
    waits.push(...line.orders().map((order) => Number(order.split(" ")[2])));
  }
  assert.deepEqual(waits, [0.125, 0.25, ...Array(8).fill(0.5), 1, 2, 4, 7.5, 7.5]);
});

test("law 7: it never comes back after a close that says never", () => {
  for (const [code, [name, retry]] of Object.entries(CLOSE_CODES)) {
    if (retry !== "never") continue;
    const line = new Line();
    const replica = line.join();
    line.orders();
    line.closes(Number(code));
    assert.equal(line.orders().filter((order) => order.startsWith("open")).length, 0, name);
    assert.equal(replica.status.state, "failed");
    assert.equal(line.connection.link, "over");
  }
});

test("law 7: the error that was said before a close is what the application gets", () => {
  const line = new Line({ opened: false });
  line.happens({ kind: "socketOpened", token: "secret" });
  line.hears("error", errorFields("unsupported_protocol"));
  line.orders();
  line.closes(4406);
  assert.deepEqual(line.orders(), ["close 1000", "fail unsupported_protocol"]);
});

test("a token that has ended is renewed once", () => {
  const line = new Line();
  line.orders();
  line.closes(4401);
  assert.deepEqual(line.orders(), ["open after 0.125 with a new token"]);
  line.happens({ kind: "socketOpened", token: "newer" });
  line.orders();
  line.closes(4401);
  assert.deepEqual(line.orders(), ["close 1000", "fail unauthenticated"]);
});

test("law 6: a token that ends soon is renewed on the same socket", () => {
  const line = new Line();
  line.orders();
  line.hears("reauthenticate", { deadline: 90_000 });
  assert.deepEqual(line.orders(), ["renew token"]);
  line.happens({ kind: "tokenRenewed", token: "fresh" });
  assert.deepEqual(line.orders(), ["authenticate"]);
  line.hears("authenticated", { deadline: 190_000 });
  line.closes(1006);
  line.orders();
  line.happens({ kind: "tokenRenewed", token: "late" });
  assert.deepEqual(line.orders(), [], "it is for the next socket");
});

test("what the host product says is announced", () => {
  const line = new Line();
  line.orders();
  line.hears("notice", { text: "We restart at noon." });
  assert.deepEqual(line.orders(), ["announce We restart at noon."]);
});

test("law 7: who connects too frequently waits as long as it is told", () => {
  const line = new Line();
  line.orders();
  line.hears("error", { ...errorFields("rate_limited"), retryAfterMs: 3_000 });
  line.closes(4429);
  assert.deepEqual(line.orders(), ["open after 3.125"]);
});

test("a dashboard that asks for a new token gets a new connection", () => {
  const line = new Line();
  line.join();
  line.orders();
  line.hears("ended", { dashboardId: BOARD, ...errorFields("unauthenticated") });
  assert.deepEqual(line.orders(), ["close 4401", "open after 0.125 with a new token"]);
});

test("a server that goes away is left for as long as it asks", () => {
  const line = new Line();
  line.join();
  line.orders();
  line.hears("goaway", { ...errorFields("going_away"), retryAfterMs: 2_000 });
  assert.deepEqual(line.orders(), ["close 1001", "open after 2.125"]);
  line.hears("pong", { serverTime: 1 });
  assert.deepEqual(line.orders(), [], "what the old socket still brings is not heard");
});

test("a silent server is asked once, and then left for another", () => {
  const line = new Line();
  line.orders();
  line.happens({ kind: "fellSilent" });
  assert.deepEqual(line.orders(), ["ping"]);
  line.hears("pong", { serverTime: 1 });
  line.happens({ kind: "fellSilent" });
  assert.deepEqual(line.orders(), ["ping"]);
  line.happens({ kind: "fellSilent" });
  assert.deepEqual(line.orders(), ["close 1001", "open after 0.125"]);
});

test("what no server of this protocol sends is given up on", () => {
  const frames: unknown[] = [
    "surprise",
    "[]",
    "null",
    '{"type": "surprise"}',
    '{"type": "__proto__"}',
    '{"type": "Submission"}',
    '{"type": "pong"}',
    '{"type": "committed", "dashboardId": "b", "submissions": [{"version": 1}]}',
    '{"type": "committed", "dashboardId": "b", "submissions": 1}',
    new ArrayBuffer(1),
  ];
  for (const frame of frames) {
    const line = new Line();
    line.happens({ kind: "frameReceived", frame });
    assert.match(line.orders().join(), /close 1000,fail (malformed|invalid_message)/);
  }
});

test("closing tells the boards that nothing is followed any more", () => {
  const line = new Line();
  const replica = line.join();
  line.out = line.connection.close();
  assert.deepEqual(line.orders(), ["close 1000"]);
  assert.equal(replica.status.state, "offline");
});
