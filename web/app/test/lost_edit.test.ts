/** Who has lost an edit is told what it was made to, in words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Document, type Notice, operation } from "@weft/client";

import { lostPlace, lostText } from "../src/people/lost_edit.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const POSITION = { x: 0, y: 0, width: 4, height: 4 };
const WIDGET = { type: "text", title: "Remarks", position: POSITION, config: {}, data: {} };
const DOCUMENT = Document.fromJson({
  title: "T",
  description: null,
  settings: {},
  layout: [],
  widgets: { [ID]: { ...WIDGET, isLocked: false } },
} as never);

function lost(targetId: string | null, path: readonly string[], value: unknown): Notice {
  const operations = [operation("update", targetId, path, { value: value as never })];
  return { loss: "superseded", operations } as unknown as Notice;
}

test("a lost edit says what it was made to", () => {
  const told = (...given: Parameters<typeof lost>): readonly string[] => {
    const notice = lost(...given);
    return [lostPlace(notice, DOCUMENT), lostText(notice)];
  };
  assert.deepEqual(told(null, ["title"], "Mine"), ["the title of the dashboard", "Mine"]);
  assert.deepEqual(told(ID, ["position", "y"], 2), ["the place of “Remarks”", "row 3"]);
  assert.deepEqual(told(ID, ["config", "text"], "a"), ["the text of “Remarks”", "a"]);
  assert.deepEqual(told(ID, ["data", "rows"], [1]), ["the data of “Remarks”", "[1]"]);
});

test("what nobody can name is not named, and long values are cut", () => {
  assert.equal(lostPlace(lost("elsewhere", ["title"], ""), DOCUMENT), "");
  assert.equal(lostPlace(lost(ID, ["constructor"], ""), DOCUMENT), "");
  assert.equal(lostText(lost(ID, ["title"], "x".repeat(500))).length, 121);
});
