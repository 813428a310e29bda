/** A person has one colour, the same on server and screen, and white text can be read on it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { colorOf } from "../src/people/colors.ts";

// The same three are in tests/presence/test_person_color.py.
const KNOWN: { readonly [id: string]: string } = {
  "0b8a6c1e-0000-4000-8000-000000000000": "hsl(0 65% 45%)",
  "0b8a6c1e-0000-4000-8000-00000000003c": "hsl(60 65% 28%)",
  "0b8a6c1e-0000-4000-8000-0000deadbeef": "hsl(119 65% 32%)",
};

test("a person's colour is the one that the server tells the others", () => {
  for (const [id, color] of Object.entries(KNOWN)) assert.equal(colorOf(id), color);
  assert.match(colorOf("ann"), /^hsl\(\d+ 65% \d+%\)$/);
});
