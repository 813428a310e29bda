/**
 * Law 7, bad input is answered: what PostgreSQL or a browser cannot hold is refused by name, before
 * it is shown and sent.
 */

import { WeftError } from "../errors.ts";
import { isObject } from "../ot/values.ts";
import { countPoints } from "../ot/points.ts";
import { FORBIDDEN_KEYS, JSON_MAX_DEPTH, KEY_MAX_CHARACTERS } from "./tables.ts";

const UNSTORABLE = /[\0\p{Cs}]/u; // by code points, so only a surrogate without its other half

/** @throws WeftError unstorable_text, forbidden_key, too_large, too_deep, invalid_number. */
export function checkContent(value: unknown, depth = 1): void {
  if (typeof value === "string") checkText(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new WeftError("invalid_number");
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) return;
  if (depth > JSON_MAX_DEPTH) throw new WeftError("too_deep");
  if (!isList) Object.keys(value).forEach(checkKey);
  for (const item of Object.values(value)) checkContent(item, depth + 1);
}

function checkKey(key: string): void {
  if (countPoints(key) > KEY_MAX_CHARACTERS) {
    throw new WeftError("too_large", `A key is longer than ${KEY_MAX_CHARACTERS} characters.`);
  }
  if (FORBIDDEN_KEYS.includes(key)) {
    throw new WeftError("forbidden_key", `The key ${key} is not allowed.`);
  }
  checkText(key);
}

function checkText(text: string): void {
  if (UNSTORABLE.test(text)) throw new WeftError("unstorable_text");
}
