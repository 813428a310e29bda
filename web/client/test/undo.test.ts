/** One person's undo: it takes back what is theirs, whatever others do meanwhile. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../src/ot/application.ts";
import { operationFromJson } from "../src/ot/codec.ts";
import type { Operations } from "../src/ot/operation.ts";
import { Chance } from "./chance.ts";
import {
  Conversation,
  erased,
  ME,
  STATE,
  submission,
  TEXT,
  typed,
  updated,
  WIDGET,
} from "./conversation.ts";
import { makeOperations, WIDGETS } from "./generator.ts";
import { written } from "./questions.ts";

test("undo and redo of typing under what others type around it", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  talk.committed(submission(1, [typed(0, "oh, ")]), submission(2, [typed(9, " really")]));
  assert.equal(talk.text, "oh, hello! really");
  talk.edit.undo();
  assert.equal(talk.text, "oh, hello really");
  assert.deepEqual([talk.edit.canUndo, talk.edit.canRedo], [false, true]);
  talk.committed(submission(3, [typed(0, "* ")]));
  talk.edit.redo();
  assert.equal(talk.text, "* oh, hello! really");
  assert.deepEqual([talk.edit.canUndo, talk.edit.canRedo], [true, false]);
});

test("what is typed in one go is one step, until a pause or a seal", () => {
  const talk = new Conversation();
  [..."abc"].forEach((letter, index) => {
    talk.now += 200;
    talk.edit.insert(WIDGET, TEXT, 5 + index, letter);
  });
  talk.now += 2_000;
  talk.edit.insert(WIDGET, TEXT, 8, "d");
  talk.edit.sealUndoStep();
  talk.edit.insert(WIDGET, TEXT, 9, "e");
  const texts = [0, 1, 2, 3].map(() => {
    talk.edit.undo();
    return talk.text;
  });
  assert.deepEqual(texts, ["helloabcd", "helloabc", "hello", "hello"]);
});

test("a batch is one step, and one that failed is none", () => {
  const talk = new Conversation();
  talk.edit.set(WIDGET, "title", "Before");
  talk.edit.batch(() => {
    talk.edit.set(WIDGET, "title", "Within");
    talk.now += 60_000;
    talk.edit.move(WIDGET, { x: 9 });
  });
  assert.throws(() =>
    talk.edit.batch(() => {
      talk.edit.set(WIDGET, "title", "Never");
      talk.edit.delete(WIDGET, TEXT, 0, 99);
    }),
  );
  talk.edit.undo();
  const { title, position } = talk.replica.document.widget(WIDGET)!;
  assert.deepEqual([title, position.x], ["Before", 0]);
});

test("what somebody has set since is theirs: undo leaves it", () => {
  const talk = new Conversation();
  talk.edit.set(WIDGET, "title", "Mine");
  talk.committed(submission(1, [updated(["title"], "Mine")], { replicaId: ME }));
  talk.committed(submission(2, [updated(["title"], "Theirs")]));
  assert.equal(talk.edit.canUndo, false);
  talk.edit.undo();
  assert.equal(talk.replica.document.widget(WIDGET)?.title, "Theirs");
});

test("a step whose place is gone is gone, and the one before it is next", () => {
  const talk = new Conversation();
  talk.edit.set(null, "title", "Mine");
  talk.edit.sealUndoStep();
  talk.edit.insert(WIDGET, TEXT, 5, "!");
  talk.committed(submission(1, [{ type: "removeWidget", targetId: WIDGET }]));
  talk.edit.undo();
  assert.equal(talk.replica.document.fields.title, "Sales");
});

test("a rejected edit cannot be undone again", () => {
  const talk = new Conversation();
  talk.edit.insert(WIDGET, TEXT, 0, "bad ");
  talk.rejected(1, "quarantined");
  assert.deepEqual([talk.text, talk.edit.canUndo], ["hello", false]);
});

test("a removed widget comes back with all it held; a snapshot ends all steps", () => {
  const talk = new Conversation();
  const before = talk.replica.document.toJSON();
  talk.edit.removeWidget(WIDGET);
  talk.edit.undo();
  assert.deepEqual(talk.replica.document.toJSON(), before);
  talk.disconnect();
  talk.connect();
  talk.joined(9, [], { state: STATE });
  assert.deepEqual([talk.edit.canUndo, talk.edit.canRedo], [false, false]);
});

test("undoing everything leaves what the others did, and redoing everything brings it back", () => {
  for (let seed = 0; seed < 150; seed += 1) {
    const chance = new Chance(seed);
    const talk = new Conversation();
    let version = 0;
    let others: Operations = [];
    const mine = WIDGETS[0]!; // one widget is mine alone, so that all of it must go and come
    const start = talk.replica.document;
    for (let round = 0; round < 12; round += 1) {
      talk.now += chance.below(1_500);
      if (chance.happens(0.5)) {
        const made = makeOperations(chance, talk.replica.document, 2);
        talk.edit.edit(...(written(made.filter(({ targetId }) => targetId === mine)) as []));
      } else {
        const made = makeOperations(chance, talk.replica.document, 2);
        const theirs = made.filter(({ targetId }) => targetId !== mine);
        const rebased = theirs.map((each) => operationFromJson(written([each])[0]));
        version += 1;
        talk.committed(submission(version, written(rebased) as []));
        others = [...others, ...rebased];
      }
    }
    const end = talk.replica.document;
    while (talk.edit.canUndo) talk.edit.undo();
    assert.ok(talk.replica.document.equals(apply(start, others, false)), `seed ${seed}`);
    while (talk.edit.canRedo) talk.edit.redo();
    assert.ok(talk.replica.document.equals(end), `seed ${seed}`);
  }
});

test("undo survives deletions around and across it", () => {
  const talk = new Conversation();
  talk.edit.delete(WIDGET, TEXT, 1, 3);
  assert.equal(talk.text, "ho");
  talk.committed(submission(1, [erased(0, 2)]));
  talk.edit.undo();
  assert.equal(talk.text, "ello", "all that this person has deleted, and no more");
});
