/**
 * What a JSON value is inside the document: canonical, so that equal states are equal data.
 *
 * Canonical rich text: see `delta.ts`. A list under the key `ops` is always rich text and alone in
 * its object, so whether a value is rich text never changes by an edit beside it.
 *
 * Objects come from others and may hold any key, `__proto__` too. So in this library a key is read
 * only with `own`; an object is made only by spreading, by computed keys in a literal and by
 * `Object.fromEntries`, which define properties; and assigned is only to a key that the object has.
 * So no prototype is read or changed.
 */

import { OperationError } from "../errors.ts";
import { JSON_MAX_DEPTH } from "../wire/tables.ts";
import { canonicalDelta } from "./delta.ts";
import type { JsonObject, JsonValue } from "./operation.ts";
import type { Node } from "./sequence.ts";

const NUMBER_WEIGHT = 8; // bytes that a number, a boolean or null is counted as

export type Plain = { readonly [key: string]: unknown };

/** The object's own value of that key; undefined when there is none. */
export function own<T>(object: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Whether this is what JSON calls an object, of whichever page it comes from. */
export function isObject(value: unknown): value is Plain {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function without<T>(
  object: { readonly [key: string]: T },
  ...keys: readonly string[]
): { readonly [key: string]: T } {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/**
 * A canonical copy of `value`, which lies within `depth` containers of the document. As in JSON,
 * a key whose value is undefined is not there.
 *
 * @throws OperationError invalid_operation, invalid_number, too_deep.
 */
export function canonical(value: unknown, depth = 0): JsonValue {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new OperationError("invalid_number");
    return value + 0; // -0 is 0
  }
  const list = Array.isArray(value);
  if (!list && !isObject(value)) {
    throw new OperationError("invalid_operation", `${typeof value} is not a JSON value`);
  }
  if (depth >= JSON_MAX_DEPTH) throw new OperationError("too_deep");
  if (list) return Array.from(value, (item) => canonical(item, depth + 1));
  return canonicalObject(value, depth + 1);
}

export function canonicalFields(value: Plain, depth = 0): JsonObject {
  return canonical(value, depth) as JsonObject;
}

function canonicalObject(value: Plain, depth: number): JsonObject {
  if (Array.isArray(own(value, "ops"))) return canonicalDelta(value, depth);
  const given = Object.values(value).includes(undefined) ? withoutUndefined(value) : value;
  return mapped(given, (item) => canonical(item, depth));
}

function withoutUndefined(value: Plain): Plain {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

/** A copy whose values are what `change` makes of them. */
export function mapped<A, B>(
  object: { readonly [key: string]: A },
  change: (value: A) => B,
): { readonly [key: string]: B } {
  const copy: { [key: string]: unknown } = { ...object };
  for (const key of Object.keys(copy)) copy[key] = change(copy[key] as A);
  return copy as { readonly [key: string]: B };
}

/** Whether a canonical value is rich text as JSON. */
export function isRich(value: unknown): boolean {
  return isObject(value) && Array.isArray(own(value, "ops"));
}

/** The index that a path segment means. @throws OperationError invalid_path. */
export function listIndex(segment: string): number {
  if (/^(?:0|[1-9]\d*)$/.test(segment)) return Number(segment);
  throw new OperationError("invalid_path", `${segment} is not the index of a list item.`);
}

/** Equality as JSON has it. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => sameJson(item, right[index]))
    );
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  );
}

/** UTF-8 bytes of `text`. */
export function textBytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate is half of four bytes; what else is above 0x7ff has three.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/**
 * About the bytes of a value as JSON; exactly additive over its parts.
 *
 * A rope, which stands for a part of a document, knows its own `weight`.
 */
export function weigh(value: Node): number {
  if (typeof value === "string") return textBytes(value) + 3;
  if (typeof value !== "object" || value === null) return NUMBER_WEIGHT;
  if (isRope(value)) return value.weight;
  let weight = 3;
  if (Array.isArray(value)) {
    for (const item of value) weight += weigh(item);
  } else {
    for (const [key, item] of Object.entries(value)) weight += textBytes(key) + 3 + weigh(item);
  }
  return weight;
}

function isRope(node: object): node is { readonly weight: number } {
  return !Array.isArray(node) && !isObject(node);
}
