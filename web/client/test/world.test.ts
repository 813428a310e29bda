/** Laws 3 and 4 in a browser's life: cut connections, closed tabs, and undo. */

import { test } from "node:test";

import { Chance } from "./chance.ts";
import { World } from "./world.ts";

const SEEDS = Number(process.env["WEFT_WORLDS"] ?? 40);
const FIRST = Number(process.env["WEFT_FIRST_WORLD"] ?? 0);

for (const undoes of [false, true]) {
  const what = undoes ? "law 4: pages that undo converge" : "law 3: each word comes exactly once";
  test(`${what}, over cuts and closed tabs`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      try {
        await new World(new Chance(seed)).run({ pages: 2 + (seed % 2), steps: 250, undoes });
      } catch (fault) {
        throw new Error(`seed ${seed}, undoes: ${undoes}`, { cause: fault });
      }
    }
  });
}
