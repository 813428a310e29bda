/** The types of widget this app knows: how one begins, and how it is called. */

import type { NewWidgetJson } from "@weft/client";

import type { Rect } from "../grid/geometry.ts";
import type { IconName } from "../parts/Icon.tsx";

export interface Kind {
  readonly name: string;
  readonly icon: IconName;
  readonly size: readonly [width: number, height: number];
  readonly content: Pick<NewWidgetJson, "config" | "data">;
}

export const KINDS: { readonly [type: string]: Kind } = {
  text: {
    name: "Text",
    icon: "text",
    size: [4, 5],
    content: { config: { text: { ops: [{ insert: "\n" }] } } },
  },
  chart: {
    name: "Chart",
    icon: "chart",
    size: [6, 6],
    content: {
      config: { chartType: "bar", legend: false, stacked: false },
      data: { labels: ["A", "B", "C"], series: [{ name: "First", values: [3, 5, 4] }] },
    },
  },
  table: {
    name: "Table",
    icon: "table",
    size: [6, 6],
    content: {
      config: {
        columns: [
          { key: "a", title: "Name" },
          { key: "b", title: "Value" },
        ],
      },
      data: { rows: [{}, {}] },
    },
  },
  image: { name: "Image", icon: "image", size: [4, 5], content: { config: { fit: "contain" } } },
  video: { name: "Video", icon: "video", size: [5, 5], content: { config: { controls: true } } },
  embed: { name: "Embed", icon: "embed", size: [6, 6], content: { config: {} } },
  custom: { name: "Custom", icon: "custom", size: [3, 4], content: { data: { value: 1 } } },
};

const UNKNOWN: Kind = { name: "Widget", icon: "custom", size: [4, 4], content: {} };

export function kindOf(type: string): Kind {
  return Object.hasOwn(KINDS, type) ? KINDS[type]! : { ...UNKNOWN, name: type };
}

export function newWidget(type: string, place: Rect): NewWidgetJson {
  return { type, position: { ...place }, ...structuredClone(kindOf(type).content) };
}
