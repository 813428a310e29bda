/**
 * How a chart moves when it is fed: what has left goes out on one side, what is new comes in on the
 * other, and the points in between are the same points.
 */

import type { Chart, ChartData, ChartOptions, ScriptableContext } from "chart.js";

const LONGEST_MS = 500;
const SHORTEST_MS = 80; // what comes faster than this is motion by itself

/** How long a change may take: no longer than until the next one comes. */
export class Motion {
  #lastAt: number | undefined;

  /** `at`: when it was fed, in ms since epoch; undefined: somebody has edited it. */
  next(at: number | undefined): number {
    const last = this.#lastAt;
    this.#lastAt = at;
    if (at === undefined || last === undefined || at === last || prefersStillness()) return 0;
    const gap = at - last;
    return gap < SHORTEST_MS ? 0 : Math.min(gap, LONGEST_MS);
  }
}

/** So that what comes in grows out of the newest point there was, and does not fall from the sky. */
export function motionOf(chart: Chart, durationMs: number, kept: number): ChartOptions {
  if (durationMs === 0) return { animation: false };
  const from = (axis: "x" | "y") => (context: ScriptableContext<"line">) => {
    if (kept === 0 || context.dataIndex < kept) return undefined; // from where it is
    return chart.getDatasetMeta(context.datasetIndex).data[kept - 1]?.[axis];
  };
  const animations = {
    x: { type: "number", from: from("x") },
    y: { type: "number", from: from("y") },
  };
  return { animation: { duration: durationMs, easing: "linear" }, animations } as never;
}

/** Change `shown` into `next` in place, so that Chart.js knows which points stay: so many do. */
export function slide(shown: ChartData, next: ChartData): number {
  const before = shown.labels?.length ?? 0;
  const gone = slidBy(shown.labels ?? [], next.labels ?? []);
  shown.labels = next.labels ?? [];
  const datasets = shown.datasets.slice(0, next.datasets.length);
  next.datasets.forEach((wanted, at) => {
    const held = datasets[at];
    if (held === undefined) return void (datasets[at] = wanted);
    const { data } = held;
    Object.assign(held, { ...wanted, data });
    if (gone > 0) data.splice(0, gone);
    wanted.data.forEach((value, index) => {
      if (index < data.length) data[index] = value;
      else data.push(value);
    });
    if (data.length > wanted.data.length) data.splice(wanted.data.length);
  });
  shown.datasets = datasets;
  return Math.min(before - gone, shown.labels.length);
}

/** How many labels have gone in front, if the rest are the same ones; else none. */
export function slidBy(before: readonly unknown[], after: readonly unknown[]): number {
  for (let gone = 0; gone < before.length; gone += 1) {
    if (before.length - gone > after.length) continue;
    if (before.slice(gone).every((label, at) => label === after[at])) return gone;
  }
  return 0;
}

function prefersStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
