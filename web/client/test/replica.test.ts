/**
 * The replica as a conversation. That it orders what the Python replica orders is shown on
 * thousands of calls by tests/web; here are the rules that a reader should see, and storing.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Stored } from "../src/client/journal.ts";
import { WeftError } from "../src/errors.ts";
import {
  Conversation,
  erased,
  join,
  ME,
  NOTE,
  STATE,
  submission,
  submit,
  TEXT,
  typed,
  updated,
  WIDGET,
} from "./conversation.ts";

test("law 2: an edit is shown at once, and saved only when its commit has come back", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  assert.deepEqual([talk.text, talk.state], ["hello!", "saving"]);
  assert.deepEqual(talk.sent(), [submit(1, 0, typed(5, "!"))]);
  talk.committed(submission(1, [typed(5, "!")], { replicaId: ME }));
  assert.deepEqual([talk.text, talk.state, talk.replica.version], ["hello!", "saved", 1]);
  assert.deepEqual(talk.shown(), ["local"], "its own commit changes nothing on the screen");
});

test("law 4: what a plug-in of the server adds to an edit is somebody else's, and told", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  talk.edit.insert(WIDGET, TEXT, 6, "?");
  const star = { ...typed(0, "*"), plugin: "marks" };
  talk.committed(submission(1, [typed(5, "!"), star], { replicaId: ME }));
  assert.equal(talk.text, "*hello!?");
  assert.deepEqual(talk.sent().at(-1), submit(2, 1, typed(7, "?")));
  assert.deepEqual(talk.shown(), ["local", "local", "remote"]);
});

test("one submission is in flight, and the rest waits compacted", () => {
  const talk = new Conversation();
  [..." you"].forEach((letter, index) => talk.edit.insert(WIDGET, TEXT, 5 + index, letter));
  assert.deepEqual(talk.sent(), [submit(1, 0, typed(5, " "))]);
  talk.committed(submission(1, [typed(5, " ")], { replicaId: ME }));
  assert.deepEqual(talk.sent(), [submit(2, 1, typed(6, "you"))]);
});

test("what others commit is transformed over all that is pending", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 0, "A");
  talk.edit.insert(WIDGET, TEXT, 6, "Z");
  talk.committed(submission(1, [typed(3, "--")]));
  assert.equal(talk.text, "Ahel--loZ");
  talk.committed(submission(2, [typed(0, "A")], { replicaId: ME }));
  assert.deepEqual(talk.sent().at(-1), submit(2, 2, typed(8, "Z")));
});

test("law 3: what has not committed is rebased and sent again under its sequence", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  talk.disconnect();
  assert.equal(talk.state, "offline");
  talk.connect();
  talk.joined(1, [submission(1, [typed(0, "oh, ")])]);
  const resent = submit(1, 1, typed(9, "!"));
  assert.deepEqual(talk.sent(), [submit(1, 0, typed(5, "!")), join(0, true), resent]);
});

test("law 3: what has committed unheard is not sent again", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  talk.edit.insert(WIDGET, TEXT, 6, "?");
  talk.sent();
  talk.disconnect();
  talk.connect();
  const mine = submission(1, [typed(5, "!")], { replicaId: ME });
  talk.joined(1, [mine], { lastSequence: 1 });
  assert.deepEqual(talk.sent(), [join(0, true), submit(2, 1, typed(6, "?"))]);
});

test("law 7: a refused submission is undone under what was typed since, and told", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 0, "bad ");
  talk.edit.insert(WIDGET, TEXT, 9, "!");
  talk.rejected(1, "quarantined");
  assert.equal(talk.text, "hello!");
  const [notice] = talk.told();
  assert.deepEqual([notice?.loss, notice?.reason], ["rejected", "quarantined"]);
  assert.deepEqual(talk.sent().at(-1), submit(2, 0, typed(5, "!")));
});

test("a value overwritten unseen is told, and restored in one call", () => {
  const talk = new Conversation();
  talk.edit.set(WIDGET, "title", "Mine");
  talk.committed(submission(1, [updated(["title"], "Mine")], { replicaId: ME }));
  talk.sent();
  talk.committed(submission(2, [updated(["title"], "Theirs")], { baseVersion: 0 }));
  const [notice] = talk.told();
  assert.deepEqual([notice?.loss, talk.state], ["superseded", "conflict"]);
  talk.edit.restore(notice!);
  assert.deepEqual(talk.sent(), [submit(2, 2, updated(["title"], "Mine"))]);
  assert.deepEqual([talk.edit.notices().length, talk.state], [0, "saving"]);
});

test("an edit made offline says what its author had seen, through a reload", () => {
  const talk = new Conversation();
  talk.disconnect();
  talk.edit.set(WIDGET, "title", "Mine");
  talk.connect();
  talk.joined(2, [submission(1, [typed(0, "a")]), submission(2, [updated(["title"], "Theirs")])]);
  const sent = { ...submit(1, 2, updated(["title"], "Mine")), seenVersion: 1 };
  assert.deepEqual(talk.sent().at(-1), sent);
});

test("who edits a widget removed meanwhile is told and gets it back in one step", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  talk.committed(submission(1, [{ type: "removeWidget", targetId: WIDGET }]));
  const [notice] = talk.told();
  assert.deepEqual([notice?.loss, notice?.reason], ["discarded", "target_removed"]);
  talk.edit.restore(notice!);
  assert.deepEqual([talk.text, talk.edit.notices().length], ["hello!", 0]);
});

test("a batch is shown at once, sent as one, and taken back by an exception", () => {
  const talk = new Conversation();
  talk.edit.batch(() => {
    talk.edit.set(WIDGET, "title", "One");
    talk.edit.batch(() => talk.edit.set(WIDGET, "isLocked", true));
    assert.deepEqual(talk.sent(), []);
  });
  const both = [updated(["title"], "One"), updated(["isLocked"], true)];
  assert.deepEqual(talk.sent(), [submit(1, 0, ...both)]);
  const failing = (): void => {
    talk.edit.insert(WIDGET, TEXT, 0, "half ");
    talk.committed(submission(1, both, { replicaId: ME }));
    throw new RangeError("no");
  };
  assert.throws(() => talk.edit.batch(failing), RangeError);
  assert.deepEqual([talk.text, talk.state], ["hello", "saved"]);
});

test("an edit that is not possible is refused here, and changes nothing", () => {
  const talk = new Conversation();
  assert.throws(() => talk.edit.delete(WIDGET, TEXT, 3, 9), { code: "out_of_range" });
  assert.throws(() => talk.edit.set(WIDGET, "title", "a\0b"), { code: "unstorable_text" });
  assert.throws(() => talk.edit.set(WIDGET, "title", "\ud83d"), { code: "unstorable_text" });
  assert.throws(() => talk.edit.set(WIDGET, ["data", "n"], Number.NaN), { code: "invalid_number" });
  assert.throws(() => talk.edit.set(WIDGET, ["data", "f"], (() => 1) as any), WeftError);
  assert.throws(() => talk.edit.insert(WIDGET, TEXT, 0, "x".repeat(1_100_000)), {
    code: "too_large",
  });
  assert.deepEqual([talk.text, talk.sent(), talk.state], ["hello", [], "saved"]);
});

test("a viewer, and whoever has not joined, does not edit", () => {
  const early = new Conversation({ joined: false });
  assert.throws(() => early.edit.set(null, "title", "Mine"), { code: "not_joined" });
  const viewer = new Conversation({ role: "viewer" });
  assert.throws(() => viewer.edit.set(null, "title", "Mine"), { code: "forbidden" });
});

test("operations that cannot be applied lead to a fresh snapshot and not to a crash", () => {
  const talk = new Conversation();
  talk.committed(submission(1, [erased(50, 9)]));
  assert.equal(talk.state, "offline");
  talk.happens({ kind: "waited" });
  assert.deepEqual(talk.sent(), [join()]);
  talk.joined(1, [], { state: STATE });
  assert.equal(talk.state, "saved");
});

// --- storing ------------------------------------------------------------------------------------

/** What is stored now, as a later page finds it. */
function stored(talk: Conversation, before?: Stored): Stored {
  const change = talk.replica.copy.journal.next(talk.replica.copy);
  assert.ok(change);
  const base = change.base ?? before!.base;
  const log = change.base === null ? [...before!.log, ...change.log] : change.log;
  return JSON.parse(JSON.stringify({ replica: change.replica, base, log }));
}

test("law 3: nothing is sent before it is stored as in flight", () => {
  const talk = new Conversation({ isStored: true });
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  assert.deepEqual(talk.sent(), []);
  talk.committed(submission(1, [typed(0, "oh, ")]));
  talk.happens({ kind: "stored", upTo: talk.toStore() });
  assert.deepEqual(talk.sent(), [submit(1, 1, typed(9, "!"))], "as it is by then");
  talk.happens({ kind: "stored", upTo: 99 });
  assert.deepEqual(talk.sent(), [], "once");
});

test("law 3: a page that comes later sends what is stored, unless it has committed", () => {
  const talk = new Conversation({ isStored: true });
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  const first = stored(talk);
  talk.edit.insert(WIDGET, TEXT, 6, "?");
  talk.committed(submission(1, [typed(0, "> ")]));
  const left = stored(talk, first);
  assert.equal(left.log.length, 1);

  const offline = new Conversation({ joined: false, left });
  assert.deepEqual([offline.text, offline.state], ["> hello!?", "offline"], "seen before the join");

  const unsent = new Conversation({ joined: false, left });
  unsent.connect();
  unsent.joined(1, []);
  assert.deepEqual(unsent.sent(), [join(1, true), submit(1, 1, typed(7, "!"))]);

  const sent = new Conversation({ joined: false, left });
  sent.connect();
  sent.joined(2, [submission(2, [typed(7, "!")], { replicaId: ME })], { lastSequence: 1 });
  sent.happens({ kind: "stored", upTo: sent.toStore() });
  assert.deepEqual(sent.sent(), [join(1, true), submit(2, 2, typed(8, "?"))]);
  assert.equal(sent.text, "> hello!?");
});

test("law 3: if more was sent than was stored, nothing is sent twice, and it is told", () => {
  const talk = new Conversation({ isStored: true });
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  const left = stored(talk);
  const later = new Conversation({ joined: false, left });
  later.edit.insert(WIDGET, TEXT, 6, "?");
  later.connect();
  const mine = submission(1, [typed(5, "!")], { replicaId: ME });
  const lost = submission(2, [typed(6, "?")], { replicaId: ME, sequence: 2 });
  later.joined(2, [mine, lost], { lastSequence: 2 });
  assert.equal(later.text, "hello!?");
  assert.deepEqual(later.sent(), [join(0, true)]);
  assert.equal(later.told()[0]?.reason, "perhaps_saved");
});

test("without unsent edits nothing is stored, and a full document only now and then", () => {
  const talk = new Conversation({ isStored: true });
  talk.committed(submission(1, [typed(0, "x")]));
  assert.equal(talk.replica.copy.journal.next(talk.replica.copy), null);
  talk.edit.insert(WIDGET, TEXT, 0, "1");
  assert.ok(stored(talk).base);
  talk.happens({ kind: "stored", upTo: talk.toStore() });
  talk.committed(submission(2, [typed(0, "1")], { replicaId: ME }));
  talk.edit.insert(WIDGET, TEXT, 0, "2");
  const change = talk.replica.copy.journal.next(talk.replica.copy);
  assert.deepEqual([change?.base, change?.log.length, change?.replica.version], [null, 1, 2]);
  talk.joined(9, [], { state: { title: "", widgets: { [WIDGET]: NOTE } } });
  talk.edit.insert(WIDGET, TEXT, 0, "3");
  assert.equal(stored(talk).base.version, 9, "a snapshot has no log to stand on");
});

test("a snapshot in parts is put together, and progress is told", () => {
  const talk = new Conversation({ joined: false });
  talk.connect();
  const text = JSON.stringify(STATE);
  const texts = [text.slice(0, 100), text.slice(100)];
  texts.forEach((part, index) =>
    talk.hears({ type: "snapshot", version: 7, part: index + 1, parts: 2, text: part }),
  );
  const page = [submission(8, [typed(5, "!")])];
  talk.hears({ type: "tail", submissions: page, headVersion: 9 });
  assert.deepEqual(talk.progress(), [
    { kind: "progress", of: "parts", done: 1, total: 2 },
    { kind: "progress", of: "parts", done: 2, total: 2 },
    { kind: "progress", of: "versions", done: 1, total: 2 },
  ]);
  talk.joined(9, [submission(9, [typed(6, "?")])]);
  assert.deepEqual([talk.text, talk.state, talk.replica.version], ["hello!?", "saved", 9]);
});

test("a part that is missing makes it start afresh", () => {
  const talk = new Conversation({ joined: false });
  talk.connect();
  talk.sent();
  talk.hears({ type: "snapshot", version: 7, part: 2, parts: 2, text: "" });
  assert.equal(talk.state, "offline");
  talk.happens({ kind: "waited" });
  assert.deepEqual(talk.sent(), [join()]);
});

test("a leave whose answer was cut off is over, and does not join again", () => {
  const talk = new Conversation();
  talk.out.push(...talk.replica.leave(), ...talk.replica.leave());
  talk.disconnect();
  talk.connect();
  assert.deepEqual(
    talk.out.map(({ kind }) => kind),
    ["send", "finish"],
  );
  assert.equal(talk.replica.error, null);
});
