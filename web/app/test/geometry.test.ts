/** Whatever positions a document holds, widgets are shown inside the grid and apart. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  arranged,
  COLUMNS,
  freePlace,
  type Placed,
  type Rect,
  snapped,
} from "../src/grid/geometry.ts";

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function crowd(seed: number, count: number): Placed[] {
  const chance = random(seed);
  const upTo = (most: number): number => Math.floor(chance() * most);
  return Array.from({ length: count }, (_, id) => ({
    id: `w${id}`,
    rect: snapped({ x: upTo(14) - 1, y: upTo(20), width: upTo(14), height: upTo(9) }),
  }));
}

function assertApart(places: ReadonlyMap<string, Rect>): void {
  const rects = [...places.values()];
  rects.forEach((one, at) => {
    assert.ok(one.x >= 0 && one.y >= 0 && one.x + one.width <= COLUMNS);
    for (const other of rects.slice(at + 1)) {
      const isBeside = one.x >= other.x + other.width || other.x >= one.x + one.width;
      const isBelow = one.y >= other.y + other.height || other.y >= one.y + one.height;
      assert.ok(isBeside || isBelow, JSON.stringify([one, other]));
    }
  });
}

test("widgets never overlap, and their order in the document does not matter", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const wanted = crowd(seed, 25);
    const places = arranged(wanted);
    assertApart(places);
    assert.deepEqual(arranged([...wanted].reverse()), places);
  }
});

test("what is arranged stays where it is", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const places = arranged(crowd(seed, 25));
    const again = arranged([...places].map(([id, rect]) => ({ id, rect })));
    assert.deepEqual(again, places);
  }
});

test("what is dragged keeps its place, and the others make room", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const wanted = crowd(seed, 25);
    const held = { id: "w3", rect: snapped({ x: 2, y: 5, width: 6, height: 4 }) };
    const places = arranged(wanted, held);
    assert.deepEqual(places.get("w3"), held.rect);
    assertApart(places);
    assert.equal(places.size, 25);
  }
});

test("any position is a place on the grid", () => {
  const huge = { x: 1e300, y: -5, width: Number.NaN, height: 1e9 };
  for (const position of [null, "here", [], {}, huge, { x: "1", y: null, width: {}, height: -1 }]) {
    const { x, y, width, height } = snapped(position);
    assert.ok(x >= 0 && x + width <= COLUMNS && y >= 0 && width >= 1 && height >= 1);
  }
});

test("a new widget goes where there is room", () => {
  const taken = [
    { x: 0, y: 0, width: 6, height: 4 },
    { x: 8, y: 0, width: 4, height: 2 },
  ];
  assert.deepEqual(freePlace(taken, 2, 2), { x: 6, y: 0, width: 2, height: 2 });
  assert.deepEqual(freePlace(taken, 12, 2), { x: 0, y: 4, width: 12, height: 2 });
  assert.deepEqual(freePlace([], 4, 4), { x: 0, y: 0, width: 4, height: 4 });
});
