/** A person has one colour, the same on server and screen, and white text can be read on it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { colorOf } from "../src/people/colors.ts";

// The same are in tests/presence/test_person_color.py.
const KNOWN: { readonly [username: string]: string } = {
  ann: "hsl(254 65% 45%)",
  ben: "hsl(74 65% 30%)",
  user1: "hsl(106 65% 31%)",
  user2: "hsl(329 65% 45%)",
  "Zoë 😀": "hsl(69 65% 29%)",
  ["a".repeat(100)]: "hsl(169 65% 31%)",
};

test("a person's colour is the one that the server tells the others", () => {
  for (const [username, color] of Object.entries(KNOWN)) assert.equal(colorOf(username), color);
});
