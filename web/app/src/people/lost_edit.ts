/** A lost edit in words: what it was made to, and what it had set there. */

import { type Document, lostValue, type Notice } from "@weft/client";

import { kindOf } from "../widgets/kinds.ts";

const PARTS: { readonly [field: string]: string } = {
  title: "the title",
  description: "the description",
  position: "the place",
  config: "a setting",
  data: "the data",
  isLocked: "the lock",
};
const VALUE_LETTERS = 120;

/** As “the place of “Remarks””; "" when nobody can tell. */
export function lostPlace({ operations }: Notice, document: Document): string {
  const [first] = operations;
  if (first === undefined) return "";
  const field = first.type === "move" || first.type === "resize" ? "position" : first.path[0];
  const part = field !== undefined && Object.hasOwn(PARTS, field) ? PARTS[field]! : "";
  if (first.targetId === null) return part && `${part} of the dashboard`;
  const widget = document.widget(first.targetId);
  if (widget === undefined || part === "") return "";
  const isText = widget.type === "text" && first.path[0] === "config" && first.path[1] === "text";
  return `${isText ? "the text" : part} of “${widget.title || kindOf(widget.type).name}”`;
}

/** "": there is nothing to show. */
export function lostText(notice: Notice): string {
  const value = lostValue(notice);
  if (value === undefined || value === null) return "";
  const [, coordinate] = notice.operations[0]?.path ?? [];
  const isPlace = notice.operations[0]?.path[0] === "position" && typeof value === "number";
  if (isPlace && coordinate === "x") return `column ${value + 1}`;
  if (isPlace && coordinate === "y") return `row ${value + 1}`;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > VALUE_LETTERS ? `${text.slice(0, VALUE_LETTERS)}…` : text;
}
