/** One contract for every store of unsent edits: the twin in memory, and IndexedDB. */

import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { mock, test, type TestContext } from "node:test";

import { forceCloseDatabase } from "fake-indexeddb";

import { IndexedDbStore } from "../src/client/indexeddb_store.ts";
import type { Change } from "../src/client/journal.ts";
import { MemoryStore, type ReplicaStore } from "../src/client/store.ts";
import { newUuid } from "../src/client/uuid.ts";
import { Document } from "../src/ot/document.ts";

type Stores = readonly [string, () => { readonly store: ReplicaStore; readonly end: () => void }];

const STORES: readonly Stores[] = [
  ["memory", () => ({ store: new MemoryStore(), end: () => {} })],
  [
    "IndexedDB",
    () => {
      const store = new IndexedDbStore(newUuid());
      return { store, end: () => void store.close() };
    },
  ],
];

function change(replicaId: string, dashboardId: string, version: number, edits: number): Change {
  const edit = { type: "update", path: ["title"], value: "x" } as const;
  const pending = { sequence: version, inFlight: null, waiting: Array(edits).fill([[edit], null]) };
  const base = { version, state: Document.empty("stored").toJSON() };
  return { replica: { replicaId, dashboardId, version, pending }, base, log: [] };
}

for (const [name, make] of STORES) {
  const contract = (law: string, body: (store: ReplicaStore) => Promise<void>): void => {
    test(`${name}: ${law}`, async () => {
      const { store, end } = make();
      await body(store).finally(end);
    });
  };

  contract("a new replica has left nothing", async (store) => {
    const claim = await store.claim("d1", "r1");
    assert.deepEqual([claim.replicaId, claim.left], ["r1", null]);
    await claim.release();
  });

  contract(
    "what a page has left is given to the next that asks for that dashboard",
    async (store) => {
      const first = await store.claim("d1", "r1");
      const left = change("r1", "d1", 3, 2);
      await first.write(left);
      await first.release();
      const elsewhere = await store.claim("d2", "r2");
      assert.equal(elsewhere.left, null);
      const second = await store.claim("d1", "r3");
      assert.equal(second.replicaId, "r1");
      assert.deepEqual(second.left?.replica, left.replica);
      assert.deepEqual(second.left?.base.state, left.base?.state);
      await Promise.all([elsewhere.release(), second.release()]);
    },
  );

  contract("no two pages hold one replica", async (store) => {
    const first = await store.claim("d1", "r1");
    await first.write(change("r1", "d1", 3, 1));
    const second = await store.claim("d1", "r2");
    assert.deepEqual([second.replicaId, second.left], ["r2", null]);
    await first.release();
    const third = await store.claim("d1", "r3");
    assert.equal(third.replicaId, "r1");
    await Promise.all([second.release(), third.release()]);
  });

  contract("a replica without unsent edits is forgotten", async (store) => {
    const first = await store.claim("d1", "r1");
    await first.write(change("r1", "d1", 3, 1));
    await first.write(change("r1", "d1", 4, 0));
    await first.release();
    const second = await store.claim("d1", "r2");
    assert.deepEqual([second.replicaId, second.left], ["r2", null]);
    await second.release();
  });

  contract("the log grows behind its base, and a new base takes its place", async (store) => {
    const step = (version: number) => ({ version, operations: [] });
    const claim = await store.claim("d1", "r1");
    await claim.write(change("r1", "d1", 8, 1));
    await claim.write({ ...change("r1", "d1", 9, 1), base: null, log: [step(9)] });
    await claim.write({ ...change("r1", "d1", 11, 1), base: null, log: [step(10), step(11)] });
    await claim.release();
    const second = await store.claim("d1", "r2");
    assert.equal(second.left?.base.version, 8);
    assert.deepEqual(
      second.left?.log.map(({ version }) => version),
      [9, 10, 11],
    );
    await second.write(change("r1", "d1", 12, 1));
    await second.release();
    const third = await store.claim("d1", "r3");
    assert.deepEqual([third.left?.base.version, third.left?.log], [12, []]);
    await third.release();
  });
}

test("IndexedDB: people who share a browser do not get each other's edits", async () => {
  const [ann, bob] = [new IndexedDbStore("ann"), new IndexedDbStore("bob")];
  const hers = await ann.claim("d1", "r1");
  await hers.write(change("r1", "d1", 3, 1));
  await hers.release();
  const his = await bob.claim("d1", "r2");
  assert.equal(his.left, null);
  await his.release();
  await Promise.all([ann.close(), bob.close()]);
});

test("IndexedDB: one that the browser closes is opened again by the next board", async () => {
  const opened: IDBDatabase[] = [];
  const open = indexedDB.open.bind(indexedDB);
  const watched = mock.method(indexedDB, "open", (name: string, version?: number) => {
    const request = open(name, version);
    request.addEventListener("success", () => opened.push(request.result));
    return request;
  });
  const store = new IndexedDbStore(newUuid());
  await store.claim("d1", "r1");
  forceCloseDatabase(opened[0] as never); // as when it is cleared, or the disk has failed
  await new Promise((resolve) => setImmediate(resolve)); // it is told in a task of its own
  const second = await store.claim("d2", "r2");
  await second.write(change("r2", "d2", 3, 1));
  await second.release();
  watched.mock.restore();
  await store.close();
});

/** As when the disk has failed, until the test is over or `mock.restore()` is called. */
function failingReads(t: TestContext) {
  return t.mock.method(IDBObjectStore.prototype, "get", () => {
    throw new DOMException("The disk has failed.", "UnknownError");
  });
}

async function leave(store: ReplicaStore, dashboardId: string, replicaId: string): Promise<void> {
  const claim = await store.claim(dashboardId, replicaId);
  await claim.write(change(replicaId, dashboardId, 3, 1));
  await claim.release();
}

test("IndexedDB: a read that fails lets go of what it was to take over", async (t) => {
  const store = new IndexedDbStore(newUuid());
  t.after(() => store.close());
  await leave(store, "d1", "r1");
  const read = failingReads(t);
  await assert.rejects(store.claim("d1", "r2"), { name: "UnknownError" });
  read.mock.restore();
  const next = await store.claim("d1", "r3"); // and it is nobody's, to whom its page seems to live
  assert.equal(next.replicaId, "r1");
  await next.release();
});

test("IndexedDB: a release that fails to read lets go all the same", async (t) => {
  const store = new IndexedDbStore(newUuid());
  t.after(() => store.close());
  const claim = await store.claim("d1", "r1");
  await claim.write(change("r1", "d1", 3, 1));
  const read = failingReads(t);
  await assert.rejects(claim.release(), { name: "UnknownError" });
  read.mock.restore();
  const next = await store.claim("d1", "r2");
  assert.equal(next.replicaId, "r1");
  await next.release();
});

test("IndexedDB: what no page holds is listed, and discarded when that is asked for", async (t) => {
  const store = new IndexedDbStore(newUuid());
  t.after(() => store.close());
  assert.deepEqual(await store.left(), []);
  await leave(store, "d1", "r1");
  await leave(store, "d2", "r2");
  const alive = await store.claim("d3", "r3");
  await alive.write(change("r3", "d3", 3, 1)); // its page sends it
  const second = await store.claim("d2", "r4"); // goes on with what was left
  await second.write(change("r2", "d2", 4, 1));
  assert.deepEqual(await store.left(), [{ dashboardId: "d1", title: "stored" }]);
  await store.discard("d1");
  await store.discard("d2"); // nothing there is nobody's
  await second.release();
  assert.deepEqual(await store.left(), [{ dashboardId: "d2", title: "stored" }]);
  await alive.release();
});
