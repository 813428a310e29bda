/** Law 7 in a page: addresses, cells and rows out of a document, whatever they hold. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { type News, operation } from "@weft/client";

import { isSecure, safeImageUrl, safeWebUrl } from "../src/widgets/addresses.ts";
import { cellValue, columnsOf, labelsOf, rowsOf, seriesOf } from "../src/widgets/content.ts";
import { RowKeys } from "../src/widgets/row_keys.ts";
import { routeOf } from "../src/session/route.ts";

const HOSTILE = [
  "javascript:alert(1)",
  " javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "data:image/svg+xml;base64,PHN2Zz4=",
  "vbscript:x",
  "blob:https://a/b",
  "file:///etc/passwd",
  "//evil.example",
  "https://user:secret@evil.example/",
  "https://evil\\@good.example/",
  "https://a b/",
  "https://",
  5,
  null,
  undefined,
  {},
];

test("only addresses of the web are opened", () => {
  for (const url of HOSTILE) {
    assert.equal(safeWebUrl(url), null, String(url));
    assert.equal(safeImageUrl(url), null, String(url));
  }
  for (const url of ["https://a.example/x?y#z", "http://127.0.0.1:8/", "https://[::1]/"]) {
    assert.equal(safeWebUrl(url), url);
  }
  assert.equal(safeImageUrl("data:image/png;base64,AAAA"), "data:image/png;base64,AAAA");
  assert.equal(isSecure("http://a.example/"), false);
});

test("what is not as it should be is read as nothing", () => {
  for (const odd of [null, 5, "x", [1], { rows: 3, series: [[]], labels: {} }, { columns: [{}] }]) {
    const widget = { config: odd, data: odd } as never;
    assert.deepEqual(columnsOf(widget), []);
    assert.deepEqual(rowsOf(widget), []);
    assert.deepEqual(labelsOf(widget), []);
    assert.ok(seriesOf(widget).every(({ values }) => values.length === 0));
  }
});

test("what reads as a number is one, and everything else stays as it was typed", () => {
  assert.deepEqual(["12", "-0.5", " 7 "].map(cellValue), [12, -0.5, 7]);
  const words = ["", "007", "1e5", "12 Feb", "0x10", "NaN", "99999999999999999999"];
  assert.deepEqual(words.map(cellValue), words);
});

test("rows keep their names while others insert and delete around them", () => {
  const path = ["data", "rows"];
  const keys = new RowKeys("w", path, 3);
  const [a, b, c] = keys.keys;
  const hear = (count: number, ...operations: ReturnType<typeof operation>[]): void =>
    keys.hear({ kind: "show", origin: "remote", operations, userId: null } as News, count);
  hear(5, operation("insert", "w", path, { position: 1, value: [{}, {}] }));
  assert.deepEqual([keys.keys[0], keys.keys[3], keys.keys[4]], [a, b, c]);
  hear(3, operation("delete", "w", path, { position: 0, length: 2 }));
  assert.deepEqual(keys.keys.slice(1), [b, c]);
  hear(3, operation("update", "w", [...path, "0", "a"], { value: 1 }));
  hear(3, operation("insert", "other", path, { position: 0, value: [{}] }));
  assert.deepEqual(keys.keys.slice(1), [b, c]);
  hear(2, operation("update", "w", path, { value: [{}, {}] }));
  assert.equal(keys.keys.length, 2);
  assert.ok(!keys.keys.includes(b!));
});

test("an address that is no dashboard's shows the list", () => {
  const id = "00000000-0000-4000-8000-000000000001";
  assert.deepEqual(routeOf(`/d/${id}`), { kind: "board", id });
  for (const path of ["/", "/d/", "/d/x", `/d/${id}/x`, `/d/${id.toUpperCase()}x`]) {
    assert.deepEqual(routeOf(path), { kind: "home" });
  }
});
