/** Reads what a widget holds, whatever that is: live edits may put anything anywhere. */

import type { JsonObject, JsonValue, WidgetJson } from "@weft/client";

export function objectIn(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

function listIn(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

export function textIn(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** A key of its own, never one of a prototype. */
export function own(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly align: string;
}

export function columnsOf(widget: Readonly<WidgetJson>): readonly Column[] {
  return listIn(own(objectIn(widget.config), "columns")).flatMap((each) => {
    const column = objectIn(each);
    const key = own(column, "key");
    if (typeof key !== "string") return [];
    return [
      { key, title: textIn(own(column, "title")) || key, align: textIn(own(column, "align")) },
    ];
  });
}

export function rowsOf(widget: Readonly<WidgetJson>): readonly JsonObject[] {
  return listIn(own(objectIn(widget.data), "rows")).map(objectIn);
}

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export function labelsOf(widget: Readonly<WidgetJson>): readonly string[] {
  return listIn(own(objectIn(widget.data), "labels")).map(textIn);
}

export function seriesOf(widget: Readonly<WidgetJson>): readonly Series[] {
  return listIn(own(objectIn(widget.data), "series")).map((each) => {
    const series = objectIn(each);
    const values = listIn(own(series, "values"));
    return {
      name: textIn(own(series, "name")),
      values: values.map((value) => (typeof value === "number" ? value : null)),
    };
  });
}

/** What was typed, as a number if it reads as one. */
export function cellValue(typed: string): JsonValue {
  const trimmed = typed.trim();
  const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/.test(trimmed) && Math.abs(Number(trimmed)) < 2 ** 53;
  return isNumber ? Number(trimmed) : typed;
}
