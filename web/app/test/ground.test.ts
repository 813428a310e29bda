/** What is written on a coloured ground can be read, light or dark. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { inkOn, longHex } from "../src/widgets/ground.ts";

test("ink is dark on what is light, and light on what is dark", () => {
  for (const light of ["#fff", "#ffffff", "#FFF4CC", "#dbeafe"]) {
    assert.equal(inkOn(light), "dark-ink");
  }
  for (const dark of ["#000", "#27356b", "#5b2333"]) assert.equal(inkOn(dark), "light-ink");
});

test("whatever else is written there leaves the ink as it is", () => {
  for (const other of ["red", "", "#12", "#1234567", "url(x)", null, 7, { a: 1 }]) {
    assert.equal(inkOn(other), "");
    assert.equal(longHex(other), null);
  }
  assert.equal(longHex("#AbC"), "#aabbcc");
});
