/** A chart, drawn by Chart.js, which is loaded when the first one is near. */

import type { Chart as ChartType, ChartConfiguration } from "chart.js";
import { useEffect, useRef, useState } from "preact/hooks";

import { labelsOf, objectIn, own, type Series, seriesOf, textIn } from "./content.ts";
import type { ContentProps } from "./Content.tsx";
import { configurationOf } from "./chart_configuration.ts";
import { Motion, motionOf, slide } from "./chart_motion.ts";

export function ChartWidget({ widget, live }: ContentProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<ChartType | null>(null);
  const motion = useRef(new Motion());
  const isDark = useDarkness();
  const labels = labelsOf(widget);
  const series = seriesOf(widget);

  useEffect(() => {
    let isGone = false;
    const configuration = configurationOf(widget, canvas.current);
    if (chart.current !== null) redraw(chart.current, configuration, motion.current.next(live?.at));
    else {
      void import("./chart_library.ts").then(({ Chart }) => {
        if (!isGone && canvas.current) chart.current = new Chart(canvas.current, configuration);
      });
    }
    return () => {
      isGone = true;
    };
  }, [widget, isDark]);
  useEffect(
    () => () => {
      chart.current?.destroy();
      chart.current = null;
    },
    [],
  );

  if (series.length === 0)
    return <p class="placeholder">No figures yet. Add some in “Settings…”.</p>;
  const type = textIn(own(objectIn(widget.config), "chartType")) || "line";
  return (
    <div class="chart-box">
      <canvas ref={canvas} role="img" aria-label={summaryOf(type, labels, series)} />
    </div>
  );
}

function redraw(chart: ChartType, next: ChartConfiguration, durationMs: number): void {
  const config = chart.config as { type?: string };
  const moves = config.type === next.type && durationMs > 0;
  config.type = next.type;
  const kept = moves ? slide(chart.data, next.data) : 0;
  if (!moves) chart.data = next.data;
  chart.options = { ...next.options, ...motionOf(chart, moves ? durationMs : 0, kept) };
  chart.update(moves ? undefined : "none");
}

/** For who does not see it. */
function summaryOf(type: string, labels: readonly string[], series: readonly Series[]): string {
  const told = series.map(({ name, values }) => {
    const points = values
      .slice(0, 20)
      .map((value, at) => `${labels[at] ?? at + 1}: ${value ?? "none"}`);
    return `${name || "values"}, ${points.join(", ")}`;
  });
  return `${type} chart. ${told.join(". ")}`;
}

function useDarkness(): boolean {
  const [isDark, setIsDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const look = (): void => setIsDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return isDark;
}
