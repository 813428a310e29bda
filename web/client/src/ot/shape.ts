/**
 * Law 16, valid stays valid: what a dashboard's and a widget's own fields may hold.
 *
 * Below `config`, `data`, `settings` and `layout` any JSON value may stand; other fields are typed.
 */

import { OperationError } from "../errors.ts";
import {
  DESCRIPTION_MAX_CHARACTERS,
  TITLE_MAX_CHARACTERS,
  WIDGET_TYPE_MAX_CHARACTERS,
} from "../wire/tables.ts";
import type { JsonObject, JsonValue, OperationType, Path, Target } from "./operation.ts";
import { countPoints } from "./points.ts";
import { canonicalFields, isObject, own } from "./values.ts";
import type { Plain } from "./values.ts";

interface Rule {
  readonly accepts: (value: unknown) => boolean;
  readonly text: string;
}
type Rules = { readonly [field: string]: Rule };

const MOVED = ["x", "y"];
const PLACED = [...MOVED, "width", "height"];

const isNumber = (value: unknown): boolean => typeof value === "number";
const isSize = (value: unknown): boolean => typeof value === "number" && value >= 0;
const isBoolean = (value: unknown): boolean => typeof value === "boolean";

function text(least: number, most: number): (value: unknown) => boolean {
  return (value) => {
    if (typeof value !== "string") return false;
    const length = countPoints(value);
    return least <= length && length <= most;
  };
}

function orNull(accepts: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === null || accepts(value);
}

function isPosition(value: unknown): boolean {
  return (
    isObject(value) &&
    PLACED.every((field) => Object.hasOwn(value, field)) &&
    Object.entries(value).every(
      ([field, item]) => own(POSITION_RULES, field)?.accepts(item) ?? false,
    )
  );
}

const TITLE = `text of at most ${TITLE_MAX_CHARACTERS} characters`;
const AN_OBJECT: Rule = { accepts: isObject, text: "must be an object" };

const POSITION_RULES: Rules = {
  x: { accepts: isNumber, text: "must be a number" },
  y: { accepts: isNumber, text: "must be a number" },
  width: { accepts: isSize, text: "must be a number, not negative" },
  height: { accepts: isSize, text: "must be a number, not negative" },
  zIndex: { accepts: (value) => value === undefined || isNumber(value), text: "must be a number" },
};
const WIDGET_RULES: Rules = {
  type: {
    accepts: text(1, WIDGET_TYPE_MAX_CHARACTERS),
    text: `must be text of 1 to ${WIDGET_TYPE_MAX_CHARACTERS} characters`,
  },
  title: { accepts: orNull(text(0, TITLE_MAX_CHARACTERS)), text: `must be null or ${TITLE}` },
  position: {
    accepts: isPosition,
    text: "must have numbers x, y, width, height, and perhaps zIndex",
  },
  config: AN_OBJECT,
  data: AN_OBJECT,
  isLocked: { accepts: isBoolean, text: "must be true or false" },
};
const DASHBOARD_RULES: Rules = {
  title: { accepts: text(0, TITLE_MAX_CHARACTERS), text: `must be ${TITLE}` },
  description: {
    accepts: orNull(text(0, DESCRIPTION_MAX_CHARACTERS)),
    text: `must be null or text of at most ${DESCRIPTION_MAX_CHARACTERS} characters`,
  },
  settings: AN_OBJECT,
  layout: { accepts: Array.isArray, text: "must be a list" },
};
const FREE_BELOW = ["config", "data", "settings", "layout"];
const OPS_RULE = "holds a list only in rich text, which is updated as a whole";

/** Refuse an `update` that would leave a typed field wrong; `value` undefined takes a key away. */
export function checkUpdate(target: Target, path: Path, value: JsonValue | undefined): void {
  const [first, second] = path as [string, string | undefined];
  if (second === undefined) {
    const rule = own(target === null ? DASHBOARD_RULES : WIDGET_RULES, first);
    if (rule === undefined) throw new OperationError("invalid_path", `there is no field ${first}`);
    check(first, rule, value);
  } else if (FREE_BELOW.includes(first)) {
    if (path.at(-1) === "ops" && Array.isArray(value)) throw broken("value", OPS_RULE, "'ops'");
  } else if (first === "position" && path.length === 2 && Object.hasOwn(POSITION_RULES, second)) {
    check(second, POSITION_RULES[second]!, value);
  } else {
    throw new OperationError("invalid_path", "no update leads there");
  }
}

/** Refuse a `move` or `resize` that does not set numbers among its own coordinates. */
export function checkCoordinates(
  type: OperationType,
  value: JsonValue | undefined,
): asserts value is JsonObject {
  const allowed = type === "move" ? MOVED : PLACED;
  const fields = isObject(value) ? Object.entries(value) : [];
  if (fields.length === 0 || !fields.every(([field]) => allowed.includes(field))) {
    throw broken("value", `has some of ${allowed.join(", ")}`);
  }
  for (const [field, number] of fields) check(field, POSITION_RULES[field]!, number);
}

/** The whole record that an `addWidget` means; a canonical copy. */
export function completeWidget(value: unknown): JsonObject {
  const defaults = { title: null, config: {}, data: {}, isLocked: false };
  const record = isObject(value) ? { ...defaults, ...value } : {};
  checkFields(record, WIDGET_RULES);
  return canonicalFields(record, 2);
}

/** The dashboard's own fields, those left out filled in; a canonical copy. */
export function completeDashboard(value: Plain): JsonObject {
  const record = { title: "", description: null, settings: {}, layout: [], ...value };
  checkFields(record, DASHBOARD_RULES);
  return canonicalFields(record);
}

function checkFields(record: Plain, rules: Rules): void {
  for (const field of Object.keys(record)) {
    if (!Object.hasOwn(rules, field)) throw broken(field, "is not a field here");
  }
  for (const [field, rule] of Object.entries(rules)) check(field, rule, own(record, field));
}

function check(field: string, rule: Rule, value: unknown): void {
  if (!rule.accepts(value)) throw broken(field, rule.text);
}

function broken(field: string, rule: string, subject = field): OperationError {
  return new OperationError("invalid_operation", `${subject} ${rule}`, { field, rule });
}
