/** What Chart.js is told of a chart widget: its figures, and the colours of the page. */

import type { WidgetJson } from "@weft/client";
import type { ChartConfiguration } from "chart.js";

import { labelsOf, objectIn, own, seriesOf, textIn } from "./content.ts";

const SERIES_COLORS = ["#6366f1", "#f59e0b", "#10b981", "#ec4899", "#06b6d4", "#8b5cf6", "#ef4444"];
const ROUND = ["pie", "doughnut"];

export const CHART_TYPES = ["line", "area", "bar", "pie", "doughnut"];

export function configurationOf(
  widget: Readonly<WidgetJson>,
  ground: Element | null,
): ChartConfiguration {
  const config = objectIn(widget.config);
  const asked = textIn(own(config, "chartType"));
  const type = CHART_TYPES.includes(asked) ? asked : "line";
  const isRound = ROUND.includes(type);
  const ink = colorOn(ground, "--soft", "#64748b");
  const line = colorOn(ground, "--line", "#e2e8f0");
  const stacked = own(config, "stacked") === true;
  const axis = {
    stacked,
    ticks: { color: ink, maxRotation: 0, autoSkipPadding: 18 },
    border: { display: false },
  };
  const datasets = seriesOf(widget).map(({ name, values }, at) => {
    const color = SERIES_COLORS[at % SERIES_COLORS.length]!;
    return {
      label: name,
      data: [...values],
      backgroundColor: isRound
        ? values.map((_, part) => SERIES_COLORS[part % SERIES_COLORS.length]!)
        : type === "area"
          ? `${color}40`
          : color,
      borderColor: isRound ? colorOn(ground, "--card", "#fff") : color,
      borderWidth: isRound || type !== "bar" ? 2 : 0,
      borderRadius: type === "bar" ? 4 : 0,
      fill: type === "area",
      tension: 0.3,
      pointRadius: values.length > 24 ? 0 : 2,
    };
  });
  const scales = {
    x: { ...axis, title: titleOf(config, "xAxis", ink), grid: { display: false } },
    y: {
      ...axis,
      ...rangeOf(config),
      ticks: { color: ink, maxTicksLimit: 7 },
      title: titleOf(config, "yAxis", ink),
      grid: { color: line },
    },
  };
  return {
    type: (type === "area" ? "line" : type) as "line",
    data: { labels: [...labelsOf(widget)], datasets: datasets as never },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: isRound ? "nearest" : "index", intersect: isRound },
      plugins: {
        legend: {
          display: own(config, "legend") === true,
          position: isRound ? "right" : "bottom",
          labels: { color: ink, boxWidth: 7, boxHeight: 7, padding: 14, usePointStyle: true },
        },
      },
      ...(isRound ? {} : { scales }),
    },
  };
}

function rangeOf(config: ReturnType<typeof objectIn>) {
  const axis = objectIn(own(config, "yAxis"));
  const [min, max] = [own(axis, "min"), own(axis, "max")];
  return {
    beginAtZero: true,
    ...(typeof min === "number" && { min }),
    ...(typeof max === "number" && { max }),
  };
}

function titleOf(config: ReturnType<typeof objectIn>, axis: string, color: string) {
  const text = textIn(own(objectIn(own(config, axis)), "label"));
  return { display: text !== "", text, color };
}

/** As it is where the chart is drawn. */
function colorOn(ground: Element | null, name: string, otherwise: string): string {
  const place = ground ?? document.documentElement;
  return getComputedStyle(place).getPropertyValue(name).trim() || otherwise;
}
