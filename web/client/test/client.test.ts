/** The client over sockets that the test speaks for, on a clock that the test turns. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { type Board, type News } from "../src/client/board_loop.ts";
import { type Client, type ClientOptions, connect } from "../src/client/connection_loop.ts";
import { MemoryStore, type ReplicaStore } from "../src/client/store.ts";
import { WeftError } from "../src/errors.ts";
import { BOARD, submission, TEXT, typed, WIDGET } from "./conversation.ts";
import { Socket } from "./socket.ts";

let clients: Client[] = [];
let page = new EventTarget();

beforeEach(() => {
  page = new EventTarget();
  const addEventListener = page.addEventListener.bind(page);
  const removeEventListener = page.removeEventListener.bind(page);
  Object.assign(globalThis, { WebSocket: Socket, addEventListener, removeEventListener });
  Socket.made = [];
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

afterEach(async () => {
  const closing = clients.map((client) => client.close(0));
  clients = [];
  await settle();
  await Promise.all(closing);
  mock.timers.reset();
  mock.restoreAll();
});

/** All that can happen without time has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  mock.timers.tick(0);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

async function pass(seconds: number): Promise<void> {
  mock.timers.tick(seconds * 1_000);
  await settle();
}

async function opened(options: Partial<ClientOptions> = {}): Promise<[Client, Socket]> {
  const client = connect("ws://host/", { token: "secret", ...options });
  clients.push(client);
  await settle();
  return [client, Socket.made.at(-1)!];
}

async function joined(options: Partial<ClientOptions> = {}): Promise<[Board, Socket, Client]> {
  const [client, socket] = await opened(options);
  socket.welcomes();
  const board = client.join(BOARD);
  await settle();
  socket.joins();
  return [await board, socket, client];
}

test("from hello to saved", async () => {
  const [board, socket, client] = await joined();
  assert.equal(await client.join(BOARD), board, "joined once");
  assert.deepEqual(socket.heard(), ["hello", "join"]);
  const news: News[] = [];
  const stop = board.listen((each) => news.push(each));
  board.insert(WIDGET, TEXT, 5, "!");
  assert.equal(board.status.state, "saving");
  let isSaved = false;
  const saved = board.saved().then(() => (isSaved = true));
  await settle();
  assert.equal(isSaved, false, "law 2: not before its commit");
  const mine = submission(1, [typed(5, "!")], { replicaId: board.replicaId });
  socket.says("committed", { submissions: [mine] });
  await saved;
  stop();
  board.undo();
  const kinds = news.map((each) => (each.kind === "status" ? each.status.state : each.kind));
  assert.deepEqual(kinds, ["show", "saving", "saved"]);
});

test("after a cut it comes back by itself, and at once when the network does", async () => {
  mock.method(Math, "random", () => 0);
  const [board, socket] = await joined();
  socket.onclose?.({ code: 1006, reason: "" });
  assert.equal(board.status.state, "offline");
  board.set(null, "title", "Offline");
  await pass(0.124);
  assert.equal(Socket.made.length, 1);
  page.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(Socket.made.length, 2);
  Socket.made[1]!.welcomes();
  Socket.made[1]!.joins(0, {});
  assert.deepEqual(Socket.made[1]!.heard(), ["hello", "join", "submit"]);
});

test("when the network goes people are told at once, without waiting for silence", async () => {
  const [board, socket] = await joined();
  page.dispatchEvent(new Event("offline"));
  assert.equal(board.status.state, "offline");
  assert.equal(socket.onclose, null, "left");
  page.dispatchEvent(new Event("offline"));
  page.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(Socket.made.length, 2);
  assert.equal(Socket.made[1]!.heard().length, 0);
});

test("a token is fetched again when it has ended, and also when it could not be", async () => {
  const answers: (() => string)[] = [
    () => {
      throw new TypeError("no network");
    },
    () => "first",
    () => "second",
  ];
  const [, none] = await opened({ token: () => answers.shift()!() });
  assert.equal(none, undefined);
  await pass(1);
  Socket.made[0]!.welcomes();
  assert.equal(Socket.made[0]!.said[0].token, "first");
  Socket.made[0]!.onclose?.({ code: 4401, reason: "" });
  await pass(5);
  Socket.made[1]!.onopen?.();
  assert.equal(Socket.made[1]!.said[0].token, "second");
});

test("law 6: a token that ends soon is renewed without another socket", async () => {
  mock.method(console, "warn", () => {});
  const tokens = ["first", "fresh"];
  const [, socket] = await joined({ token: () => Promise.resolve(tokens.shift()!) });
  socket.heard();
  socket.says("reauthenticate", { deadline: 2 });
  await settle();
  assert.deepEqual(socket.said.splice(0), [{ type: "authenticate", token: "fresh" }]);
  const [, fixed] = await joined({ token: "secret" });
  fixed.heard();
  fixed.says("reauthenticate", { deadline: 2 });
  await settle();
  assert.deepEqual(fixed.heard(), [], "a text cannot be renewed");
});

test("law 7: what cannot help is not tried again, and who waits is told", async () => {
  mock.method(console, "error", () => {});
  const [client] = await opened({ token: () => Promise.reject(new WeftError("unauthenticated")) });
  await assert.rejects(client.join(BOARD), { code: "unauthenticated" });
  const astray = connect("nowhere", { token: "secret" });
  await settle();
  assert.equal(astray.error?.code, "misconfigured");
  const [second, socket] = await opened();
  socket.welcomes();
  const board = second.join(BOARD);
  await settle();
  const { message, fault, retry } = new WeftError("unknown_dashboard");
  socket.says("ended", { code: "unknown_dashboard", message, fault, retry });
  await assert.rejects(board, { code: "unknown_dashboard" });
  await pass(600);
  assert.equal(Socket.made.length, 1);
});

test("a server that falls silent is asked, and left when it does not answer", async () => {
  const [, socket] = await joined();
  socket.heard();
  await pass(20.1);
  assert.deepEqual(socket.heard(), ["ping"]);
  await pass(4.1);
  assert.equal(socket.closedWith, 1000);
  await pass(1);
  assert.equal(Socket.made.length, 2);
  await pass(10.1);
  assert.equal(Socket.made[1]!.closedWith, 1000, "one that does not even open is left too");
});

test("law 3: what was said to a server that has vanished is said to another soon", async () => {
  const [board, socket] = await joined();
  socket.heard();
  board.set(null, "title", "Typed");
  await pass(4.1);
  assert.deepEqual(socket.heard(), ["submit", "ping"]);
  socket.says("pong", { serverTime: 1 });
  await pass(4.1);
  assert.equal(socket.closedWith, null, "it is there, and has much to do");
  await pass(16);
  assert.deepEqual(socket.heard(), ["ping"]);
  await pass(4.1);
  assert.equal(socket.closedWith, 1000);
  await pass(1);
  const next = Socket.made.at(-1)!;
  next.welcomes();
  next.heard();
  await pass(7.9);
  assert.deepEqual(next.heard(), [], "law 7: the network may be slow: twice as long");
  await pass(0.2);
  assert.deepEqual(next.heard(), ["ping"]);
});

test("closing waits for what is not saved, and says whether it is", async () => {
  const [board, socket, client] = await joined();
  board.set(null, "title", "Last");
  const closing = client.close(5);
  await settle();
  const title = { type: "update", path: ["title"], value: "Last" } as const;
  const mine = submission(1, [title], { replicaId: board.replicaId });
  socket.says("committed", { submissions: [mine] });
  assert.equal(await closing, true);
  assert.equal(socket.closedWith, 1000);
  const [late, , second] = await joined();
  late.set(null, "title", "Later");
  const hasty = second.close(5);
  await pass(5);
  assert.equal(await hasty, false);
  await assert.rejects(second.join("another"), { code: "not_joined" });
  const [third] = await opened();
  const waiting = assert.rejects(third.join(BOARD), { code: "not_joined" });
  await settle();
  void third.close(0);
  await waiting;
});

test("law 3: edits of a closed tab are shown and sent by the next one, once", async () => {
  const store = new MemoryStore();
  const [board, socket] = await joined({ store });
  const { replicaId } = board;
  board.insert(WIDGET, TEXT, 5, "!");
  await settle();
  assert.deepEqual(socket.heard(), ["hello", "join", "submit"]);
  board.insert(WIDGET, TEXT, 6, "?");
  await settle();
  socket.onclose?.({ code: 1006, reason: "" });
  store.cutOff(replicaId); // the tab is closed

  const [client, next] = await opened({ store });
  const again = await client.join(BOARD);
  assert.equal(again.document.valueAt(WIDGET, TEXT), "hello!?", "seen while still offline");
  assert.deepEqual([again.replicaId, again.status.state], [replicaId, "offline"]);
  next.welcomes();
  const mine = submission(1, [typed(5, "!")], { replicaId });
  next.joins(1, { submissions: [mine], lastSequence: 1 });
  await settle();
  const [, join, submit] = next.said;
  assert.deepEqual([join.version, join.wantsTail, join.replicaId], [0, true, replicaId]);
  assert.deepEqual([submit.sequence, submit.operations], [2, [typed(6, "?")]]);
});

test("law 3: what a session that ended has left is sent by the next in the same page", async () => {
  mock.method(console, "error", () => {});
  const store = new MemoryStore();
  const [board, socket] = await joined({ store });
  board.insert(WIDGET, TEXT, 5, "!");
  await settle();
  socket.onclose?.({ code: 4401, reason: "" });
  await pass(5);
  assert.equal(board.status.error?.code, "unauthenticated");

  const [client] = await opened({ store });
  let again: Board | undefined;
  void client.join(BOARD).then((next) => (again = next));
  await settle();
  assert.equal(again?.replicaId, board.replicaId);
  assert.equal(again?.document.valueAt(WIDGET, TEXT), "hello!");
});

test("undo steps are told apart by a clock that nobody sets", async () => {
  let nowMs = 0;
  mock.method(performance, "now", () => nowMs);
  const [board] = await joined(); // the clock of the wall stands still meanwhile
  board.insert(WIDGET, TEXT, 5, "!");
  nowMs += 60_000;
  board.insert(WIDGET, TEXT, 6, "?");
  board.undo();
  assert.equal(board.document.valueAt(WIDGET, TEXT), "hello!");
});

test("a store that fails is done without", async () => {
  const warned = mock.method(console, "warn", () => {});
  const broken: ReplicaStore = {
    claim: (_, replicaId) =>
      Promise.resolve({
        replicaId,
        left: null,
        write: () => Promise.reject(new Error("full")),
        release: () => Promise.resolve(),
      }),
  };
  const [board, socket] = await joined({ store: broken });
  board.insert(WIDGET, TEXT, 5, "!");
  await settle();
  board.insert(WIDGET, TEXT, 6, "!");
  await settle();
  assert.deepEqual(socket.heard(), ["hello", "join", "submit"]);
  assert.equal(warned.mock.callCount(), 1);
});

test("who leaves and comes back at once gets a board that lives, and joins once", async () => {
  const [board, socket, client] = await joined();
  const leaving = board.leave();
  const again = client.join(BOARD);
  await settle();
  assert.deepEqual(socket.heard(), ["hello", "join", "leave"]);
  socket.says("ended", { code: "left", fault: "nobody", retry: "never", message: "Left." });
  await leaving;
  await settle();
  assert.deepEqual(socket.heard(), ["join"]);
  socket.joins();
  const second = await again;
  assert.deepEqual([second === board, second.isOver, board.isOver], [false, false, true]);
  assert.equal(await client.join(BOARD), second);
});

test("a listener that fails harms nobody, and one that edits is told in order", async () => {
  const failed = mock.method(console, "error", () => {});
  const [board] = await joined();
  const seen: unknown[] = [];
  board.listen(() => {
    throw new Error("a fault of the page");
  });
  board.listen((news) => {
    if (news.kind === "show" && seen.length === 0) board.set(null, "title", "Two");
  });
  board.listen((news) => {
    if (news.kind === "show") seen.push(news.operations[0]?.value);
  });
  board.set(null, "title", "One");
  assert.deepEqual(seen, ["One", "Two"]);
  assert.ok(failed.mock.callCount() > 0);
});

test("what this user may do is told when it changes", async () => {
  const [board, socket] = await joined();
  const told: unknown[] = [];
  board.listen(({ kind }) => told.push(kind));
  socket.says("permission", { role: "viewer", permissions: ["write widget"] });
  socket.says("permission", { role: "viewer", permissions: ["write widget"] });
  assert.deepEqual([board.role, board.permissions], ["viewer", ["write widget"]]);
  board.set(WIDGET, "title", "Granted");
  socket.says("permission", { role: "editor", permissions: ["read widget"] });
  assert.throws(() => board.set(WIDGET, "title", "Mine"), { code: "forbidden" });
  assert.deepEqual(
    told.filter((kind) => kind === "permit"),
    ["permit", "permit"],
  );
});

test("a text field is kept in step by what differs alone", async () => {
  const [board, socket] = await joined();
  board.setText(WIDGET, TEXT, "hello");
  board.setText(WIDGET, TEXT, "help 😀");
  assert.deepEqual(socket.said.at(-1).operations, [
    { type: "delete", targetId: WIDGET, path: TEXT, position: 3, length: 2 },
    { type: "insert", targetId: WIDGET, path: TEXT, position: 3, value: "p 😀" },
  ]);
  assert.equal(board.document.valueAt(WIDGET, TEXT), "help 😀");
});

test("live data comes beside the document, and the latest wins", async () => {
  const [board, socket] = await joined();
  const news: News[] = [];
  board.listen((each) => news.push(each));
  const before = board.document;
  socket.says("data", { values: { [WIDGET]: { at: 5, value: { n: 1 } } } });
  const held = board.live;
  assert.deepEqual(held.get(WIDGET), { at: 5, value: { n: 1 } });
  socket.says("data", { values: { [WIDGET]: { at: 4, value: { n: 0 } } } });
  assert.equal(board.live, held, "what is older is no news");
  socket.says("data", { values: { [WIDGET]: { at: 6 } } });
  assert.equal(board.live.size, 0);
  assert.equal(board.document, before);
  assert.deepEqual(
    news.map(({ kind }) => kind),
    ["live", "live"],
  );
});

test("a join brings all live data there is", async () => {
  const [board, socket] = await joined();
  socket.says("data", { values: { gone: { at: 5, value: {} }, [WIDGET]: { at: 9, value: {} } } });
  socket.joins(0, { live: { [WIDGET]: { at: 7, value: { n: 2 } } } });
  assert.deepEqual([...board.live], [[WIDGET, { at: 7, value: { n: 2 } }]]);
});

test("what is fed is sent at once, and told when it was refused", async () => {
  const [board, socket] = await joined();
  socket.heard();
  const news: News[] = [];
  board.listen((each) => news.push(each));
  board.feed(WIDGET, { n: 1 });
  await settle();
  assert.deepEqual(socket.said.splice(0), [
    { type: "feed", dashboardId: BOARD, widgetId: WIDGET, value: { n: 1 } },
  ]);
  const error = { code: "forbidden", message: "No.", fault: "client", retry: "never" };
  socket.says("error", { ...error, about: { dashboardId: BOARD, widgetId: WIDGET } });
  const [refused] = news;
  assert.equal(refused?.kind, "feedRefused");
  assert.equal(board.isOver, false);
});
