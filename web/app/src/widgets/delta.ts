/**
 * Between rich text as Weft holds it and as Quill shows it.
 *
 * Weft counts code points, Quill UTF-16 units; an embed is one of both. Quill's text always ends in
 * a newline, which a Weft text may lack: then it is shown and not there. What Quill has no format
 * for is kept in the document, and not shown.
 */

import {
  countPoints,
  type JsonObject,
  type JsonValue,
  type OperationJson,
  type Operation,
  pointsBefore,
  unitsBefore,
} from "@weft/client";

export type Attributes = { readonly [name: string]: JsonValue };
export interface Run {
  readonly insert: string | JsonObject;
  readonly attributes?: Attributes;
}
export interface Change {
  readonly retain?: number;
  readonly delete?: number;
  readonly insert?: string | JsonObject;
  readonly attributes?: Attributes;
}
type Where = { readonly targetId: string; readonly path: readonly string[] };

const LISTS = ["bullet", "ordered", "checked", "unchecked"];
const LINK = /^(https?:|mailto:)/i;
export const FORMATS: { readonly [name: string]: (value: JsonValue) => boolean } = {
  bold: (value) => value === true,
  italic: (value) => value === true,
  underline: (value) => value === true,
  strike: (value) => value === true,
  code: (value) => value === true,
  blockquote: (value) => value === true,
  header: (value) => value === 1 || value === 2 || value === 3,
  list: (value) => typeof value === "string" && LISTS.includes(value),
  link: (value) => typeof value === "string" && LINK.test(value),
};
export const EMBED = "unknown"; // the only embed that Quill is told of

/** What Quill shows of a text: only known formats, and a newline at the end. */
export function shownRuns(text: JsonValue | undefined): readonly Run[] {
  const runs = runsIn(text).map(shownRun);
  return endsInNewline(runs) ? runs : [...runs, { insert: "\n" }];
}

/** Whether the last newline of `shownRuns` is not in the document. */
function lacksNewline(text: JsonValue | undefined): boolean {
  return typeof text === "string" || !endsInNewline(runsIn(text));
}

/** The text alone, with a mark for each embed: to see whether both sides are still the same. */
export function plainOf(runs: readonly Run[]): string {
  return runs.map(({ insert }) => (typeof insert === "string" ? insert : "\ufffc")).join("");
}

/** What was done in Quill to `before`, as edits of the document. */
export function editsOf(
  changes: readonly Change[],
  before: readonly Run[],
  where: Where,
  text: JsonValue | undefined,
): OperationJson[] {
  const isRich = typeof text !== "string";
  const end = pointsAt(before, unitsIn(before));
  const isLacking = lacksNewline(text);
  const edits: OperationJson[] = [];
  if (isRich && isLacking) edits.push({ type: "insert", ...where, position: end - 1, value: "\n" });
  let held = isRich ? end : end - 1; // what the document holds as the edits go on
  let unit = 0;
  let position = 0;
  for (const { retain, delete: removed, insert, attributes } of changes) {
    const wide = retain ?? removed ?? 0;
    const points = pointsAt(before, unit + wide) - pointsAt(before, unit);
    unit += wide;
    if (insert !== undefined) {
      const value = typeof insert === "string" || isRich ? insert : "";
      const styled = isRich && attributes !== undefined ? { attributes } : {};
      if (value === "") continue;
      edits.push({ type: "insert", ...where, position, value, ...styled });
      const length = typeof value === "string" ? countPoints(value) : 1;
      position += length;
      held += length;
    } else if (removed !== undefined) {
      const length = Math.min(points, held - position);
      if (length > 0) edits.push({ type: "delete", ...where, position, length });
      held -= length;
    } else {
      if (isRich && attributes !== undefined && points > 0) {
        edits.push({ type: "format", ...where, position, length: points, attributes });
      }
      position += points;
    }
  }
  return edits;
}

/** What an operation on the document does to what Quill shows; null: show the text anew. */
export function changesOf(operation: Operation, shown: readonly Run[]): Change[] | null {
  const { type, position, length, value, attributes } = operation;
  const start = unitsAt(shown, position);
  const skipped = start > 0 ? [{ retain: start }] : [];
  if (type === "insert" && (typeof value === "string" || isEmbed(value))) {
    const { insert, attributes: styled } = shownRun({
      insert: value,
      ...(attributes && { attributes }),
    });
    return [...skipped, { insert, ...(styled && { attributes: styled }) }];
  }
  const wide = unitsAt(shown, position + length) - start;
  if (type === "delete") return [...skipped, { delete: wide }];
  if (type === "format" && attributes !== null) {
    const known = knownOf(attributes);
    return Object.keys(known).length === 0 ? [] : [...skipped, { retain: wide, attributes: known }];
  }
  return null;
}

/** Quill's index of a position. */
export function unitsAt(runs: readonly Run[], points: number): number {
  let units = 0;
  for (const { insert } of runs) {
    const count = typeof insert === "string" ? countPoints(insert) : 1;
    if (points <= count) {
      return units + (typeof insert === "string" ? unitsBefore(insert, points) : points);
    }
    points -= count;
    units += typeof insert === "string" ? insert.length : 1;
  }
  return units;
}

/** The position of an index of Quill's. */
export function pointsAt(runs: readonly Run[], units: number): number {
  let points = 0;
  for (const { insert } of runs) {
    const length = typeof insert === "string" ? insert.length : 1;
    if (units <= length) {
      return points + (typeof insert === "string" ? pointsBefore(insert, units) : units);
    }
    units -= length;
    points += typeof insert === "string" ? countPoints(insert) : 1;
  }
  return points;
}

function unitsIn(runs: readonly Run[]): number {
  return runs.reduce(
    (sum, { insert }) => sum + (typeof insert === "string" ? insert.length : 1),
    0,
  );
}

function runsIn(text: JsonValue | undefined): readonly Run[] {
  if (typeof text === "string") return text === "" ? [] : [{ insert: text }, { insert: "\n" }];
  if (typeof text !== "object" || text === null || !("ops" in text)) return [];
  return Array.isArray(text["ops"]) ? (text["ops"] as unknown as readonly Run[]) : [];
}

function shownRun({ insert, attributes }: Run): Run {
  const known = attributes === undefined ? {} : knownOf(attributes);
  const shown = typeof insert === "string" ? insert : { [EMBED]: JSON.stringify(insert) };
  return Object.keys(known).length === 0 ? { insert: shown } : { insert: shown, attributes: known };
}

/** null takes a format away. */
function knownOf(attributes: Attributes): Attributes {
  const isKnown = (name: string, value: JsonValue): boolean =>
    Object.hasOwn(FORMATS, name) && (value === null || FORMATS[name]!(value));
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => isKnown(name, value)),
  );
}

function endsInNewline(runs: readonly Run[]): boolean {
  const last = runs.at(-1)?.insert;
  return typeof last === "string" && last.endsWith("\n");
}

function isEmbed(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
