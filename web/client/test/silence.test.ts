/** How long a server may be silent. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Silence } from "../src/client/silence.ts";
import { ANSWER_TIMEOUT_SECONDS, SILENCE_FORGOTTEN_SECONDS } from "../src/wire/tables.ts";

test("law 7: who leaves in vain waits longer, and a slow network is no loop", () => {
  const silence = new Silence();
  const found = [];
  for (let time = 0; time < 6; time += 1) {
    found.push(silence.seconds / ANSWER_TIMEOUT_SECONDS);
    silence.left(2 * silence.seconds);
  }
  assert.deepEqual(found, [1, 2, 4, 8, 8, 8]);
});

test("a host that vanishes after a long time is left as soon as the first", () => {
  const silence = new Silence();
  silence.left(8);
  silence.left(16);
  silence.left(SILENCE_FORGOTTEN_SECONDS + 1);
  assert.equal(silence.seconds, 2 * ANSWER_TIMEOUT_SECONDS, "that one counts");
});
