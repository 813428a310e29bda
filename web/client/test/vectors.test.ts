/** What the Python algebra answers, on a fixed set of vectors; tests/web asks thousands more. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { answered, frozen } from "./cross_check.ts";

const lines = readFileSync(new URL("vectors.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");

test(`${lines.length} vectors of the Python algebra`, () => {
  lines.forEach((line, number) => {
    const { question, answer } = frozen(JSON.parse(line));
    assert.deepEqual(answered(question, number), answer, `line ${number + 1}: ${question.kind}`);
  });
});
