/** Code points, in which the protocol counts, and UTF-16 units, in which JavaScript counts. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Points,
  countPoints,
  differenceOf,
  pointsBefore,
  slicePoints,
  unitsBefore,
} from "../src/ot/points.ts";
import { Chance } from "./chance.ts";

const WORDS = ["a", "é", "e\u0301", "日本", "😀", "👩‍👧", "\ud83d", "\n", "𝒳"];

function text(chance: Chance, most = 6): string {
  return chance.times(0, most, () => chance.pick(WORDS)).join("");
}

test("counting and slicing are those of the code points", () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const chance = new Chance(seed);
    const whole = text(chance);
    const points = [...whole];
    assert.equal(countPoints(whole), points.length);
    const start = chance.between(0, points.length);
    const stop = chance.between(start, points.length);
    const part = points.slice(start, stop).join("");
    assert.equal(slicePoints(whole, start, stop), part);
    assert.equal(new Points(whole).slice(start, stop).text, part);
    const units = unitsBefore(whole, start);
    assert.equal(whole.slice(0, units), points.slice(0, start).join(""));
    assert.equal(pointsBefore(whole, units), start);
  }
});

test("an index inside a character is taken for the place before it", () => {
  assert.equal(pointsBefore("a😀b", 2), 1);
  assert.equal(pointsBefore("a😀b", 3), 2);
});

test("a difference is one range that makes one text of the other, and splits no character", () => {
  assert.deepEqual(differenceOf("hello", "help"), { position: 3, length: 2, inserted: "p" });
  assert.deepEqual(differenceOf("😀", "😁"), { position: 0, length: 1, inserted: "😁" });
  assert.deepEqual(differenceOf("aa", "aaa"), { position: 2, length: 0, inserted: "a" });
  for (let seed = 0; seed < 500; seed += 1) {
    const chance = new Chance(seed);
    const [before, after] = [text(chance), text(chance)];
    const { position, length, inserted } = differenceOf(before, after);
    const points = [...before];
    points.splice(position, length, inserted);
    assert.equal(points.join(""), after, `seed ${seed}`);
  }
});
