/** Law 8 on the client's side, as pure rooms: who is here, where, and what is to be told. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Attendance } from "../src/client/attendance.ts";
import { isInDocument, lost, moved } from "../src/client/places.ts";
import { PRESENCE_HISTORY_VERSIONS, SELECTION_RANGES_MAX } from "../src/wire/tables.ts";
import { operation, type Operations } from "../src/ot/operation.ts";
import type { CursorPosition, Present } from "../src/wire/messages.ts";

const [BOARD, MINE, THEIRS] = ["board", "mine", "theirs"];
const [NOTE, OTHER] = ["note", "other"];
const TEXT = ["config", "text"];
const VERSION = 10;

function at(offset: number): CursorPosition {
  return { x: 3, y: 4, elementId: NOTE, path: TEXT, offset };
}

function selected(startOffset: number, endOffset: number, endElementId = NOTE) {
  const start = { startElementId: NOTE, startPath: TEXT, startOffset };
  return { selection: [{ ...start, endElementId, endPath: TEXT, endOffset }] };
}

function typed(position: number, value: string, targetId = NOTE): Operations {
  return [operation("insert", targetId, TEXT, { position, value })];
}

function removed(targetId = NOTE): Operations {
  return [operation("removeWidget", targetId)];
}

function person(connectionId: string, userId: string, told: Partial<Present> = {}): Present {
  const user = { id: userId, username: userId, color: "red" };
  const lastUpdate = "2026-01-01T00:00:00.000Z";
  return { userId, user, isActive: true, lastUpdate, connectionId, replicaId: THEIRS, ...told };
}

/** Of the connection `me`. */
class Here {
  readonly attendance = new Attendance(MINE);
  version = VERSION;

  constructor() {
    this.attendance.startAfresh(VERSION);
    this.join(person("me", "u1"), person("other", "u2"));
  }

  join(...roster: Present[]): boolean {
    const rights = { role: "editor", permissions: [] };
    const answer = { version: this.version, submissions: [], lastSequence: 0, lastVersion: 0 };
    return this.receive({ type: "joined", dashboardId: BOARD, ...rights, ...answer, roster });
  }

  told(changed: Present[], left: string[] = []): boolean {
    return this.receive({ type: "presence", dashboardId: BOARD, changed, left });
  }

  /** Is it news to the user? */
  receive(message: object): boolean {
    const event = { kind: "received", message } as Parameters<Attendance["handle"]>[0];
    return this.attendance.handle(event, "me").length > 0;
  }

  cut(): boolean {
    return this.attendance.handle({ kind: "disconnected" }, "me").length > 0;
  }

  commit(operations: Operations, replicaId = MINE): void {
    this.version += 1;
    this.attendance.follow(this.version, replicaId, operations);
  }

  cursor(pending: Operations = []): CursorPosition | undefined {
    return this.attendance.others(pending)[0]?.cursor;
  }

  news() {
    return this.attendance.news(BOARD, () => []);
  }

  get others(): string[] {
    return this.attendance.others([]).map(({ connectionId }) => connectionId);
  }
}

test("people are users with all their connections, this one included", () => {
  const here = new Here();
  here.told([person("tab", "u1")]);
  const people = here.attendance.people([]);
  assert.deepEqual(
    people.map(({ connections }) => connections.map(({ connectionId }) => connectionId)),
    [["me", "tab"], ["other"]],
  );
  assert.deepEqual(here.others, ["other", "tab"]);
});

test("what is told of oneself is no news, and what is told of others is", () => {
  const here = new Here();
  assert.equal(here.told([person("me", "u1", { cursor: { x: 1, y: 1 } })]), false);
  assert.equal(here.told([person("new", "u3")]), true);
  assert.equal(here.told([], ["new"]), true);
  assert.deepEqual(here.others, ["other"]);
});

test("a roster replaces all, and an end or a cut leaves nobody", () => {
  const here = new Here();
  here.receive({ type: "roster", dashboardId: BOARD, roster: [person("third", "u3")] });
  assert.deepEqual(here.others, ["third"]);
  assert.equal(here.receive({ type: "ended", dashboardId: BOARD, code: "left" }), true);
  assert.deepEqual(here.others, []);
  here.join(person("me", "u1"), person("third", "u3"));
  assert.equal(here.cut(), true);
  assert.deepEqual(here.others, []);
});

test("cursors are brought to this version and through pending edits", () => {
  const here = new Here();
  here.commit(typed(0, "ab"));
  here.told([person("other", "u2", { version: VERSION, cursor: at(5) })]);
  assert.deepEqual(here.cursor(), at(7));
  assert.deepEqual(here.cursor(typed(0, "c")), at(8));
  here.commit(typed(7, "d"), THEIRS); // their own typing takes it along
  assert.deepEqual(here.cursor(), at(8));
});

test("a presence that is ahead waits for its commits", () => {
  const here = new Here();
  here.told([person("other", "u2", { version: VERSION + 2, cursor: at(5) })]);
  here.commit(typed(0, "ab"));
  here.commit(typed(0, "cd"));
  assert.deepEqual(here.cursor(), at(5));
  here.commit(typed(0, "ef"));
  assert.deepEqual(here.cursor(), at(7));
});

test("after a snapshot nobody knows what came between", () => {
  const here = new Here();
  here.attendance.startAfresh(VERSION + 5);
  here.told([person("other", "u2", { version: VERSION, cursor: at(5) })]);
  assert.deepEqual(here.cursor(), { x: 3, y: 4 });
});

test("where this user is moves with what others edit before it", () => {
  const here = new Here();
  assert.equal(here.attendance.own, null);
  here.attendance.set({ cursor: at(5) });
  here.attendance.changeView(typed(0, "ab"), false);
  assert.deepEqual(here.attendance.own, { cursor: at(7) });
});

test("what others believe already is not told again, unless it has grown old", () => {
  const here = new Here();
  assert.equal(here.news(), null); // nothing was set
  here.attendance.set({ cursor: at(5) });
  assert.deepEqual([here.news()?.cursor, here.news()], [at(5), null]);
  here.attendance.changeView(typed(0, "ab"), false);
  here.commit(typed(0, "ab"));
  assert.equal(here.news(), null); // they move it themselves
  for (let count = 0; count < PRESENCE_HISTORY_VERSIONS; count += 1) here.commit([]);
  assert.deepEqual(here.news()?.cursor, at(7)); // who joins later knows no older versions
});

test("everything is told again after a cut", () => {
  const here = new Here();
  here.attendance.set({ cursor: { x: 1, y: 1 } });
  assert.notEqual(here.news(), null);
  here.cut();
  assert.equal(here.news(), null); // to nobody
  here.join(person("me", "u1"));
  assert.notEqual(here.news(), null);
});

test("too much is refused, and nothing changes", () => {
  const here = new Here();
  here.attendance.set({ cursor: at(5) });
  const [range] = selected(0, 1).selection;
  const selection = Array.from({ length: SELECTION_RANGES_MAX + 1 }, () => range!);
  assert.throws(() => here.attendance.set({ selection }), { code: "too_large" });
  assert.deepEqual(here.news()?.cursor, at(5));
});

test("what others type at the edges of a selection stays outside", () => {
  assert.deepEqual(moved(selected(2, 5), typed(2, "ab"), false), selected(4, 7));
  assert.deepEqual(moved(selected(2, 5), typed(5, "ab"), false), selected(2, 5));
  assert.deepEqual(moved(selected(2, 5), typed(3, "ab"), false), selected(2, 7));
  assert.deepEqual(moved(selected(5, 2), typed(3, "ab"), false), selected(7, 2)); // backwards
});

test("a range over two widgets has gone with either", () => {
  const across = selected(2, 5, OTHER);
  assert.deepEqual(moved(across, typed(0, "ab"), false), selected(4, 5, OTHER));
  for (const widget of [NOTE, OTHER]) {
    assert.deepEqual(moved(across, removed(widget), false), { selection: [] });
  }
});

test("without a path, or without a place, only what can be known moves", () => {
  const pointing = { cursor: { x: 3, y: 4, elementId: NOTE } };
  assert.deepEqual(moved(pointing, typed(0, "abc"), false), pointing);
  assert.deepEqual(moved(pointing, removed(), false), { cursor: { x: 3, y: 4 } });
  const free = { cursor: { x: 3, y: 4 } };
  assert.equal(isInDocument(free), false);
  assert.equal(moved(free, removed(), false), free);
  assert.deepEqual(lost({ cursor: at(5), ...selected(1, 2) }), free);
});
