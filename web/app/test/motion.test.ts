/** What has moved is told from what is new, so that a live chart and a follower glide. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { ChartData } from "chart.js";

import { viewOf } from "../src/people/views.ts";
import { slidBy, slide } from "../src/widgets/chart_motion.ts";

test("what has gone in front is told from what is another list", () => {
  assert.equal(slidBy(["a", "b", "c"], ["b", "c", "d"]), 1);
  assert.equal(slidBy(["a", "b", "c"], ["c", "d", "e"]), 2);
  assert.equal(slidBy(["a", "b"], ["a", "b", "c"]), 0);
  assert.equal(slidBy(["a", "b"], ["x", "y"]), 0);
  assert.equal(slidBy([], ["a"]), 0);
});

test("a chart that is fed keeps its series and points, and shows the new figures", () => {
  const data = [1, 2, 3];
  const shown = { labels: ["a", "b", "c"], datasets: [{ label: "one", data }] } as ChartData;
  const [held] = shown.datasets;
  slide(shown, { labels: ["b", "c", "d"], datasets: [{ label: "one", data: [2, 3, 4] }] });
  assert.equal(shown.datasets[0], held);
  assert.equal(shown.datasets[0]!.data, data);
  assert.deepEqual(data, [2, 3, 4]);
  slide(shown, { labels: ["x"], datasets: [{ label: "two", data: [9] }, { data: [8] }] });
  assert.deepEqual(
    shown.datasets.map((each) => [each.label, [...each.data]]),
    [
      ["two", [9]],
      [undefined, [8]],
    ],
  );
  slide(shown, { labels: [], datasets: [] });
  assert.deepEqual(shown.datasets, []);
});

test("law 8: what a window shows is told in columns and rows of the grid", () => {
  const box = { top: -480, width: 1212 } as DOMRect;
  const view = viewOf(box, { widthPx: 101, heightPx: 48 }, 960);
  assert.deepEqual(view, { x: 0, y: 10, width: 12, height: 20 });
});
