/** The document as a value, and what hostile keys cannot do to it or to the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../src/ot/application.ts";
import { operationFromJson } from "../src/ot/codec.ts";
import { Document } from "../src/ot/document.ts";
import type { Operation } from "../src/ot/operation.ts";
import { compose } from "../src/ot/normal_form.ts";
import { transformPair } from "../src/ot/transformation.ts";
import { invert } from "../src/ot/inversion.ts";
import { checkContent } from "../src/wire/content.ts";
import { NOTE, STATE, TEXT, typed, updated, WIDGET } from "./conversation.ts";

function edited(document: Document, ...operations: unknown[]): Document {
  return apply(
    document,
    operations.map((each) => operationFromJson(each, true)),
  );
}

test("what did not change is the same object, so that a page draws only what did", () => {
  const other = WIDGET.replace(/aa$/, "bb");
  const start = Document.fromJson({
    widgets: { ...STATE.widgets, [other]: STATE.widgets[WIDGET] },
  });
  const after = edited(start, typed(5, "!"));
  assert.equal(after.widget(WIDGET)?.config["text"], "hello!");
  assert.equal(after.widget(WIDGET), after.widget(WIDGET));
  assert.notEqual(after.widget(WIDGET), start.widget(WIDGET));
  assert.equal(after.widget(other), start.widget(other));
  assert.equal(after.fields, start.fields);
  assert.equal(start.widget("nowhere"), undefined);
});

test("what the caller does to a value, before or after, changes no document", () => {
  const state = structuredClone(STATE) as any;
  const document = Document.fromJson(state);
  state.widgets[WIDGET].config.text = "changed";
  (document.valueAt(WIDGET, ["config"]) as any).text = "changed";
  (document.toJSON() as any).widgets[WIDGET].config.text = "changed";
  assert.equal(document.valueAt(WIDGET, TEXT), "hello");
});

test("an undefined key is not there, and what is no JSON is refused", () => {
  const settings = { a: undefined, b: [1, -0] };
  assert.deepEqual(Document.fromJson({ settings }).fields.settings, { b: [1, 0] });
  for (const wrong of [Number.NaN, Infinity, 10n, () => 1, Symbol("s"), new Date(), new Map()]) {
    assert.throws(() => Document.fromJson({ settings: { wrong } }), { name: "WeftError" });
  }
});

test("a long text, a long list and long rich text are edited in place", () => {
  const words = "wörd 😀 ".repeat(20_000);
  const rows = Array.from({ length: 5_000 }, (_, index) => ({ index }));
  const ops = Array.from({ length: 500 }, (_, index) => ({
    insert: `${index} 😀`,
    attributes: { n: index },
  }));
  let document = Document.fromJson({ settings: { words, rows, rich: { ops } } });
  const before = document;
  document = edited(
    document,
    { type: "insert", path: ["settings", "words"], position: 70_007, value: "<here>" },
    { type: "update", path: ["settings", "rows", "4000", "index"], value: "there" },
    { type: "delete", path: ["settings", "rows"], position: 1, length: 2_000 },
    { type: "delete", path: ["settings", "rich"], position: 100, length: 1_000 },
  );
  const settings = document.fields.settings as any;
  assert.equal(settings.words, `${words.slice(0, 80_008)}<here>${words.slice(80_008)}`);
  assert.deepEqual(settings.rows[2_000], { index: "there" });
  assert.equal(settings.rows.length, 3_000);
  assert.ok(Document.fromJson(document.toJSON()).equals(document));
  assert.ok(Document.fromJson(before.toJSON()).equals(before), "law 14");
});

test("hostile keys are data at most: no prototype is read or changed", () => {
  const hostile = JSON.parse(
    '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "toString": 1}',
  );
  const path = ["config", "__proto__", "polluted"];
  const document = Document.fromJson({
    settings: hostile,
    widgets: {
      ...JSON.parse(`{"__proto__": ${JSON.stringify(NOTE)}}`),
      [WIDGET]: { ...NOTE, data: hostile },
    },
  });
  assert.deepEqual(document.widgetIds(), [WIDGET, "__proto__"]);
  const update: Operation = {
    ...operationFromJson(updated(["data", "k"], hostile)),
    path: ["data", "__proto__"],
  };
  const after = apply(document, [update]);
  transformPair([update], [update]);
  compose([update], [update]);
  assert.ok(apply(after, invert(document, [update])).equals(document));
  assert.deepEqual(Object.keys((after.widget(WIDGET) as any).data), Object.keys(hostile));
  assert.equal(({} as any).polluted, undefined);
  assert.equal(Object.getPrototypeOf((after.toJSON() as any).settings), Object.prototype);

  for (const key of ["toString", "valueOf", "hasOwnProperty"]) {
    assert.throws(() => document.valueAt(WIDGET, ["config", key]), { code: "invalid_path" });
    assert.throws(() => edited(document, { ...updated(["config", key, "x"], 1) }), {
      code: "invalid_path",
    });
    assert.throws(() => edited(document, { ...updated([key], 1) }), { code: "invalid_path" });
  }
  assert.throws(() => operationFromJson(updated(path, 1), true), { code: "invalid_operation" });
  for (const type of ["__proto__", "constructor", "toString"]) {
    assert.throws(() => operationFromJson({ type }), { code: "invalid_operation" });
  }
  assert.throws(() => checkContent(hostile), { code: "forbidden_key" });
});
