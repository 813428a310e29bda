/**
 * Rich text as data: runs of text or embeds with attributes, and the Quill Delta they stand for.
 *
 * Canonical: no empty text, no empty attributes, no two text runs side by side with equal
 * attributes. `Runs` is immutable and behaves as a sequence of code points and embeds: `length`,
 * `slice`, `concat`.
 */

import { OperationError } from "../errors.ts";
import { JSON_MAX_DEPTH } from "../wire/tables.ts";
import type { JsonObject } from "./operation.ts";
import { countPoints, slicePoints } from "./points.ts";
import { canonical, canonicalFields, isObject, isRich, own, sameJson, weigh } from "./values.ts";
import type { Plain } from "./values.ts";

export type Attributes = JsonObject | null;
export type Content = string | JsonObject; // text, or an embed with one key

export interface Run {
  readonly content: Content;
  readonly attributes: Attributes;
  readonly length: number; // code points, or 1
}

const RUN_WEIGHT = weigh({ insert: "" }) - weigh("");
const ATTRIBUTES_WEIGHT = weigh({ attributes: "" }) - weigh({}) - weigh("");

/** A piece of rich text: a sequence of code points and embeds. */
export class Runs {
  readonly runs: readonly Run[];
  readonly length: number;
  #weight = -1; // not yet asked for

  constructor(runs: readonly Run[], length = lengthOf(runs)) {
    this.runs = runs;
    this.length = length;
  }

  /** About the bytes of its part of the list under `ops`. */
  get weight(): number {
    if (this.#weight < 0) this.#weight = this.runs.reduce((sum, run) => sum + weightOf(run), 0);
    return this.#weight;
  }

  slice(start: number, stop = this.length): Runs {
    if (start === 0 && stop >= this.length) return this;
    const taken: Run[] = [];
    let offset = 0;
    for (const run of this.runs) {
      if (offset >= stop) break;
      const end = offset + run.length;
      if (end > start) taken.push(partOf(run, Math.max(0, start - offset), stop - offset));
      offset = end;
    }
    return new Runs(taken);
  }

  concat(other: Runs): Runs {
    const [left, right] = [this.runs.at(-1), other.runs[0]];
    if (left === undefined || right === undefined) return left === undefined ? other : this;
    const length = this.length + other.length;
    const merged = merge(left, right);
    if (merged === null) return new Runs([...this.runs, ...other.runs], length);
    return new Runs([...this.runs.slice(0, -1), merged, ...other.runs.slice(1)], length);
  }

  /** With `changes` set on every run; a change to null takes the attribute away. */
  formatted(changes: JsonObject): Runs {
    return new Runs(
      join(this.runs.map((run) => ({ ...run, attributes: merged(run.attributes, changes) }))),
      this.length,
    );
  }

  /** In pieces of at most `most` elements and `mostRuns` runs. */
  cut(most: number, mostRuns: number): Runs[] {
    const pieces: Runs[] = [];
    let piece: Run[] = [];
    let length = 0;
    for (const run of shortened(this.runs, most)) {
      if (piece.length > 0 && (length + run.length > most || piece.length === mostRuns)) {
        pieces.push(new Runs(piece, length));
        [piece, length] = [[], 0];
      }
      piece.push(run);
      length += run.length;
    }
    if (piece.length > 0) pieces.push(new Runs(piece, length));
    return pieces;
  }
}

export function runOf(content: Content, attributes: Attributes): Run {
  const length = typeof content === "string" ? countPoints(content) : 1;
  return { content, attributes: isEmpty(attributes) ? null : attributes, length };
}

/** The runs of a canonical Delta. */
export function runsOf(delta: Plain): Runs {
  const parts = delta["ops"] as readonly Plain[];
  return new Runs(
    parts.map((part) => {
      const attributes = own(part, "attributes") ?? null;
      return runOf(part["insert"] as Content, attributes as Attributes);
    }),
  );
}

/** Fresh JSON for `runs`, in canonical form. */
export function deltaOf(runs: Iterable<Run>): JsonObject {
  return {
    ops: join(runs).map(({ content, attributes }) => {
      const insert = typeof content === "string" ? content : canonical(content);
      return attributes === null ? { insert } : { insert, attributes: canonical(attributes) };
    }),
  };
}

/**
 * Check a Delta document, whose `ops` are a list, and bring it into canonical form.
 *
 * @throws OperationError invalid_operation, invalid_number, too_deep.
 */
export function canonicalDelta(value: Plain, depth: number): JsonObject {
  if (Object.keys(value).length !== 1) {
    throw notADelta("a list under 'ops' is rich text, and then the only key");
  }
  if (depth + 1 >= JSON_MAX_DEPTH) throw new OperationError("too_deep");
  const parts = value["ops"] as unknown[];
  return deltaOf(Array.from(parts, (part) => checkedRun(part, depth + 1)));
}

/** Text runs side by side with equal attributes become one; empty text goes. */
export function join(runs: Iterable<Run>): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    if (run.length === 0) continue;
    const last = joined.at(-1);
    const both = last === undefined ? null : merge(last, run);
    if (both === null) joined.push(run);
    else joined[joined.length - 1] = both;
  }
  return joined;
}

export function sameAttributes(left: Attributes, right: Attributes): boolean {
  return sameJson(left, right);
}

/** `changes` upon `old`; what they set to null goes. */
export function merged(old: Attributes, changes: Attributes): Attributes {
  const both = Object.entries({ ...old, ...changes }).filter(([, value]) => value !== null);
  return both.length > 0 ? Object.fromEntries(both) : null;
}

function isEmpty(attributes: Attributes): boolean {
  return attributes === null || Object.keys(attributes).length === 0;
}

function lengthOf(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.length, 0);
}

function weightOf({ content, attributes }: Run): number {
  const weight = RUN_WEIGHT + weigh(content);
  return attributes === null ? weight : weight + ATTRIBUTES_WEIGHT + weigh(attributes);
}

function partOf(run: Run, start: number, stop: number): Run {
  if (typeof run.content !== "string" || (start === 0 && stop >= run.length)) return run;
  return runOf(slicePoints(run.content, start, Math.min(stop, run.length)), run.attributes);
}

function* shortened(runs: readonly Run[], most: number): Iterable<Run> {
  for (const run of runs) {
    for (let at = 0; at < run.length; at += most) yield partOf(run, at, at + most);
  }
}

function merge(left: Run, right: Run): Run | null {
  if (typeof left.content !== "string" || typeof right.content !== "string") return null;
  if (!sameAttributes(left.attributes, right.attributes)) return null;
  return { ...left, content: left.content + right.content, length: left.length + right.length };
}

function checkedRun(part: unknown, depth: number): Run {
  if (!isObject(part) || !Object.hasOwn(part, "insert")) throw notADelta(PART_RULE);
  for (const key of Object.keys(part)) {
    if (key !== "insert" && key !== "attributes") throw notADelta(PART_RULE);
  }
  const content = checkedContent(part["insert"], depth);
  const attributes = own(part, "attributes");
  if (attributes === undefined) return runOf(content, null);
  if (!isObject(attributes) || Object.values(attributes).includes(null) || isRich(attributes)) {
    throw notADelta("attributes are an object without null");
  }
  return runOf(content, canonicalFields(attributes, depth + 1));
}

function checkedContent(content: unknown, depth: number): Content {
  if (typeof content === "string") return content;
  if (!isObject(content) || Object.keys(content).length !== 1) {
    throw notADelta("an insert is text or an embed with one key");
  }
  return canonicalFields(content, depth + 1);
}

const PART_RULE = "each part is an insert, with attributes or without";

function notADelta(rule: string): OperationError {
  return new OperationError("invalid_operation", rule, { field: "ops", rule });
}
