/**
 * Edits of one sequence: a string, a list, or rich text, as a value or, once long, as a rope.
 *
 * Each function returns the new sequence and leaves the old one.
 * @throws OperationError invalid_path when this is no sequence or of another kind; out_of_range.
 */

import { OperationError } from "../errors.ts";
import { deltaOf, runOf, Runs, runsOf } from "./delta.ts";
import type { Attributes, Content } from "./delta.ts";
import type { JsonObject, JsonValue } from "./operation.ts";
import { countPoints, Points, slicePoints, unitsBefore } from "./points.ts";
import { Items, RichText, Rope, Text } from "./rope.ts";
import { isObject, isRich, mapped } from "./values.ts";
import type { Plain } from "./values.ts";

/** A JSON value in which long or edited sequences are ropes. */
export type Node = JsonValue | Text | Items | RichText | readonly Node[] | NodeObject;
export interface NodeObject {
  readonly [key: string]: Node;
}

export type Sequence = string | Text | readonly Node[] | Items | RichText;
export type Part = string | readonly Node[] | Runs;

/** The sequence ready to be edited; plain JSON stays as it is while it is short. */
export function opened(node: Node): Sequence {
  if (typeof node === "string") return node.length <= Text.CHUNK_MAX ? node : Text.of(node);
  if (isList(node)) return node.length <= Items.CHUNK_MAX ? node : Items.of(node);
  if (node instanceof Rope) return node;
  if (!isRich(node)) throw refused("there is no text or list");
  return RichText.of(runsOf(node as Plain));
}

/** With `value` at `position`; `sequence` is opened. */
export function insertInto(
  sequence: Sequence,
  position: number,
  value: JsonValue | undefined,
  attributes: Attributes,
): Sequence {
  if (sequence instanceof RichText) {
    if (isList(value)) throw refused("a list of items cannot go into rich text");
    checkStop(sequence, position);
    return sequence.splice(position, position, new Runs([runOf(value as Content, attributes)]));
  }
  const ofItems = isList(sequence) || sequence instanceof Items;
  if (ofItems ? !isList(value) : typeof value !== "string") {
    throw refused("text goes into text, and a list of items into a list");
  }
  if (attributes !== null) throw refused("attributes go into rich text alone");
  checkStop(sequence, position);
  return spliced(sequence, position, position, value as string | readonly Node[]);
}

/** Without `length` elements from `position`; `sequence` is opened. */
export function deleteFrom(sequence: Sequence, position: number, length: number): Sequence {
  checkStop(sequence, position + length);
  return spliced(sequence, position, position + length);
}

/** With `attributes` set over a range; `sequence` is opened rich text. */
export function formatIn(
  sequence: Sequence,
  position: number,
  length: number,
  attributes: Attributes,
): Sequence {
  if (!(sequence instanceof RichText)) throw refused("only rich text has attributes");
  checkStop(sequence, position + length);
  const part = sequence.cutOut(position, position + length);
  return sequence.splice(position, position + length, part.formatted(attributes ?? {}));
}

/** A range of an opened sequence. */
export function partOf(sequence: Sequence, position: number, length: number): Part {
  const stop = position + length;
  checkStop(sequence, stop);
  if (typeof sequence === "string") return slicePoints(sequence, position, stop);
  if (sequence instanceof Text) return sequence.cutOut(position, stop).text;
  if (sequence instanceof Items || sequence instanceof RichText) {
    return sequence.cutOut(position, stop);
  }
  return sequence.slice(position, stop);
}

export function sizeOfSequence(sequence: Sequence): number {
  return typeof sequence === "string" ? countPoints(sequence) : sequence.length;
}

/** The node as JSON that shares no container with it. */
export function plain(node: Node): JsonValue {
  if (typeof node !== "object" || node === null) return node;
  if (isList(node)) return node.map(plain);
  if (node instanceof Items) return node.chunks.flatMap((chunk) => chunk.map(plain));
  if (node instanceof Text || node instanceof RichText) return node.toJSON();
  return plainObject(node as NodeObject);
}

export function plainObject(node: NodeObject): JsonObject {
  return mapped(node, plain);
}

export function plainPart(part: Part): JsonValue {
  return part instanceof Runs ? deltaOf(part.runs) : plain(part);
}

export function isList(node: unknown): node is readonly Node[] {
  return Array.isArray(node);
}

/** An object with keys; rich text is a sequence, and not one. */
export function isRecord(node: Node): node is NodeObject {
  return isObject(node) && !isRich(node);
}

function spliced(
  sequence: Sequence,
  start: number,
  stop: number,
  content?: string | readonly Node[],
): Sequence {
  if (typeof sequence === "string") {
    const from = unitsBefore(sequence, start);
    const rest = sequence.slice(from);
    return sequence.slice(0, from) + (content ?? "") + rest.slice(unitsBefore(rest, stop - start));
  }
  if (isList(sequence)) {
    return [...sequence.slice(0, start), ...((content as Node[]) ?? []), ...sequence.slice(stop)];
  }
  if (sequence instanceof Text) {
    return sequence.splice(start, stop, content === undefined ? content : new Points(`${content}`));
  }
  if (sequence instanceof Items) return sequence.splice(start, stop, content as Node[] | undefined);
  return sequence.splice(start, stop);
}

function checkStop(sequence: Sequence, stop: number): void {
  const length = sizeOfSequence(sequence);
  if (stop > length) throw new OperationError("out_of_range", "", { length });
}

function refused(why: string): OperationError {
  return new OperationError("invalid_path", `The path does not fit this operation: ${why}.`);
}
