/** What is typed into Quill and what the document becomes are the same text, on both sides. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, Document, type JsonValue, operationFromJson } from "@weft/client";
import Delta from "quill-delta";

import {
  type Change,
  changesOf,
  editsOf,
  plainOf,
  type Run,
  shownRuns,
} from "../src/widgets/delta.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const WHERE = { targetId: ID, path: ["config", "text"] };

function documentWith(text: JsonValue): Document {
  const position = { x: 0, y: 0, width: 1, height: 1 };
  return Document.fromJson({
    title: "",
    widgets: { [ID]: { type: "text", position, config: { text } } },
  });
}

function textOf(document: Document): JsonValue {
  return document.valueAt(ID, WHERE.path);
}

/** The document after `changes` in Quill, which must show the same as Quill does then. */
function typed(text: JsonValue, ...changes: Change[]): JsonValue {
  const before = shownRuns(text);
  const after = new Delta(before as never).compose(new Delta(changes as never));
  const edits = editsOf(changes, before, WHERE, text);
  const document = apply(
    documentWith(text),
    edits.map((each) => operationFromJson(each)),
  );
  assert.equal(plainOf(shownRuns(textOf(document))), plainOf(after.ops as Run[]));
  return textOf(document);
}

const rich = (...ops: JsonValue[]): JsonValue => ({ ops });

test("typing, deleting and formatting count code points", () => {
  const text = rich({ insert: "a🙂b👩‍👧c\n" });
  assert.deepEqual(typed(text, { retain: 3 }, { insert: "X" }), rich({ insert: "a🙂Xb👩‍👧c\n" }));
  assert.deepEqual(typed(text, { retain: 1 }, { delete: 2 }), rich({ insert: "ab👩‍👧c\n" }));
  assert.deepEqual(
    typed(text, { retain: 1 }, { retain: 2, attributes: { bold: true } }),
    rich({ insert: "a" }, { insert: "🙂", attributes: { bold: true } }, { insert: "b👩‍👧c\n" }),
  );
  assert.deepEqual(
    typed(text, { insert: "1" }, { retain: 3 }, { delete: 1 }, { insert: "2" }),
    rich({ insert: "1a🙂2👩‍👧c\n" }),
  );
});

test("the last newline is made when somebody types, and never in plain text", () => {
  assert.deepEqual(typed(rich(), { insert: "x" }), rich({ insert: "x\n" }));
  assert.deepEqual(
    typed(rich({ insert: "x" }), { retain: 1 }, { insert: "\n" }),
    rich({ insert: "x\n\n" }),
  );
  assert.equal(typed("x", { retain: 1 }, { insert: "\ny" }), "x\ny");
  assert.equal(typed("x\n", { retain: 2 }, { insert: "y" }), "x\ny");
  assert.equal(typed("", { insert: "y" }), "y");
  assert.equal(typed("xyz", { delete: 3 }), "");
  assert.equal(typed("xyz", { retain: 3, attributes: { bold: true } }), "xyz");
});

test("what others do appears in Quill as it is in the document", () => {
  const text = rich({ insert: "a🙂b\n", attributes: { bold: true } }, { insert: "c\n" });
  const edits = [
    { type: "insert", ...WHERE, position: 2, value: "👍" },
    { type: "delete", ...WHERE, position: 1, length: 2 },
    { type: "format", ...WHERE, position: 0, length: 2, attributes: { italic: true } },
    { type: "insert", ...WHERE, position: 3, value: { video: "javascript:alert(1)" } },
  ] as const;
  let document = documentWith(text);
  let shown = new Delta(shownRuns(text) as never);
  for (const edit of edits) {
    const operation = operationFromJson(edit);
    shown = shown.compose(new Delta(changesOf(operation, shown.ops as Run[]) as never));
    document = apply(document, [operation]);
    assert.deepEqual(shown.ops, new Delta(shownRuns(textOf(document)) as never).ops);
  }
});

test("law 7: what a text holds is shown only in known formats", () => {
  const hostile: readonly unknown[] = [
    { insert: "x", attributes: { link: "javascript:alert(1)", onclick: "alert(1)", header: "9" } },
    { insert: { image: "javascript:alert(1)" } },
    { insert: { constructor: "x" } },
    { insert: "\n", attributes: { list: { toString: "x" }, header: 2, script: true } },
  ];
  assert.deepEqual(shownRuns({ ops: hostile } as never), [
    { insert: "x" },
    { insert: { unknown: '{"image":"javascript:alert(1)"}' } },
    { insert: { unknown: '{"constructor":"x"}' } },
    { insert: "\n", attributes: { header: 2 } },
  ]);
  for (const odd of [undefined, null, 5, [], {}, { ops: 3 }]) {
    assert.equal(plainOf(shownRuns(odd as never)), "\n");
  }
});
