/** Law 7 in a page: whose token is believed, and that a renewed one is asked for where it came from. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Credentials } from "../src/session/credentials.ts";

const ORIGINS = ["https://product.example"];
const parent = { postMessage: mock.fn() };
const target = new EventTarget();

beforeEach(() => {
  parent.postMessage.mock.resetCalls();
  Object.assign(globalThis, {
    window: { parent },
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  });
});
afterEach(() => mock.restoreAll());

function say(origin: string, data: unknown, source: unknown = parent): void {
  target.dispatchEvent(Object.assign(new Event("message"), { origin, data, source }));
}

test("a host is asked once for all who wait, and believed only by its origin", async () => {
  const credentials = new Credentials("old", { kind: "host" }, ORIGINS);
  const waiting = Promise.all([credentials.renewed("old"), credentials.renewed("old")]);
  say("https://evil.example", { type: "weft:token", token: "theirs" });
  say(ORIGINS[0]!, { type: "weft:token", token: "of another window" }, {});
  for (const data of [null, "weft:token", { type: "weft:token" }, { type: "weft:token", token: 1 }])
    say(ORIGINS[0]!, data);
  say(ORIGINS[0]!, { type: "weft:token", token: "fresh" });
  assert.deepEqual(await waiting, ["fresh", "fresh"]);
  assert.equal(parent.postMessage.mock.callCount(), 1);
  assert.equal(await credentials.renewed("old"), "fresh"); // who asks late is given the same
});

test("the client is given the token first, and another whenever it has ended", async () => {
  let count = 0;
  const made = async (): Promise<Response> => Response.json({ token: `demo-${(count += 1)}` });
  mock.method(globalThis, "fetch", made);
  const credentials = new Credentials("first", { kind: "demo", username: "ann" }, []);
  const kept = mock.fn();
  credentials.onRenewed = kept;
  const next = credentials.forClient() as () => Promise<string>;
  assert.equal(await next(), "first");
  assert.equal(await next(), "demo-1");
  assert.equal(credentials.token, "demo-1");
  assert.equal(kept.mock.callCount(), 1);
});

test("a token that was given by hand has no next one", async () => {
  const credentials = new Credentials("first", { kind: "given" }, []);
  await assert.rejects(credentials.renewed("first"), { code: "unauthenticated" });
});
