/**
 * Law 7, bad input is answered: an operation as wire JSON, read strictly and written back.
 *
 * `operationFromJson` checks all that can be told from the operation alone; what depends on the
 * document (does the path exist, may this field hold that value) is for `apply`.
 */

import { OperationError } from "../errors.ts";
import type { OperationJson } from "../wire/messages.ts";
import {
  FORBIDDEN_KEYS,
  INTEGER_MAX,
  KEY_MAX_CHARACTERS,
  PATH_MAX_SEGMENTS,
} from "../wire/tables.ts";
import { operation } from "./operation.ts";
import type {
  JsonObject,
  JsonValue,
  Operation,
  OperationType,
  Path,
  Reason,
  Target,
} from "./operation.ts";
import { countPoints } from "./points.ts";
import { canonical, canonicalFields, isObject, isRich, own } from "./values.ts";
import type { Plain } from "./values.ts";

const FIELDS: { readonly [type in OperationType]: readonly string[] } = {
  insert: ["type", "targetId", "path", "position", "value", "attributes"],
  delete: ["type", "targetId", "path", "position", "length"],
  format: ["type", "targetId", "path", "position", "length", "attributes"],
  update: ["type", "targetId", "path", "value", "oldValue"],
  move: ["type", "targetId", "value", "oldValue"],
  resize: ["type", "targetId", "value", "oldValue"],
  addWidget: ["type", "targetId", "value"],
  removeWidget: ["type", "targetId", "oldValue"],
  noop: ["type", "targetId", "path", "reason"],
};
const REASONS: readonly unknown[] = ["target_removed", "target_replaced", "superseded"];
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const WIDGET_DEPTH = 2; // a widget record lies within the document and its `widgets`
const RUN_DEPTH = 3; // an embed, or attributes: within the rich text, its list, a part

/**
 * Read one operation; `trusted` (from the server) also accepts what only a server writes.
 *
 * @throws OperationError invalid_operation with details `field` and `rule`, too_deep,
 * invalid_number.
 */
export function operationFromJson(json: unknown, trusted = false): Operation {
  if (!isObject(json)) throw invalid("operation", "must be an object");
  const type = own(json, "type") as OperationType;
  if (typeof type !== "string" || !Object.hasOwn(FIELDS, type)) {
    throw invalid("type", "must be an operation type");
  }
  if (type === "noop" && !trusted) throw invalid("type", "noop is written by the server alone");
  for (const field of Object.keys(json)) {
    if (trusted && field === "plugin") continue; // who added it; the server alone writes it
    if (!FIELDS[type].includes(field)) throw invalid(field, `is not a field of ${type}`);
  }
  const read = READERS[type](json);
  if (type === "update" && read.path.length === 0 && !trusted) {
    throw invalid("path", "must not be empty");
  }
  return read;
}

/** The wire JSON of an operation, without the fields its type does not use. */
export function operationToJson(each: Operation): OperationJson {
  const { type, targetId, path, value, oldValue, length, attributes, reason } = each;
  const takesPosition = FIELDS[type].includes("position");
  const json: unknown = {
    type,
    ...(targetId !== null && { targetId }),
    ...((path.length > 0 || (type !== "noop" && FIELDS[type].includes("path"))) && { path }),
    ...(takesPosition && { position: each.position }),
    ...(length > 0 && { length }),
    ...(value !== undefined && { value }),
    ...(oldValue !== undefined && { oldValue }),
    ...(attributes !== null && { attributes }),
    ...(reason !== null && { reason }),
  };
  return json as OperationJson;
}

function readInsert(json: Plain): Operation {
  const [targetId, path] = [readTarget(json), readPath(json)];
  const depth = depthOf(targetId, path);
  const value = readInserted(own(json, "value"), depth);
  let attributes: JsonObject | null = null;
  if (own(json, "attributes") !== undefined) {
    attributes = readAttributes(json, depth);
    if (Object.keys(attributes).length === 0) attributes = null;
    else if (Array.isArray(value) || Object.values(attributes).includes(null)) {
      throw invalid("attributes", "belong to text, and set something when inserted");
    }
  }
  return operation("insert", targetId, path, {
    value,
    attributes,
    position: readCount(json, "position", 0),
  });
}

function readDelete(json: Plain): Operation {
  return operation("delete", readTarget(json), readPath(json), readRange(json));
}

function readFormat(json: Plain): Operation {
  const [targetId, path] = [readTarget(json), readPath(json)];
  const attributes = readAttributes(json, depthOf(targetId, path));
  if (Object.keys(attributes).length === 0) throw invalid("attributes", "must not be empty");
  return operation("format", targetId, path, { ...readRange(json), attributes });
}

function readUpdate(json: Plain): Operation {
  const targetId = readTarget(json);
  const path = readPath(json, targetId === null ? 1 : 0);
  const depth = depthOf(targetId, path);
  const value = readOptional(json, "value", depth);
  return operation("update", targetId, path, {
    value,
    oldValue: readOptional(json, "oldValue", depth),
  });
}

function readPlacing(json: Plain): Operation {
  const value = own(json, "value");
  if (!isObject(value) || Object.keys(value).length === 0) {
    throw invalid("value", "must be an object, not empty");
  }
  return operation(own(json, "type") as OperationType, readWidgetId(json), [], {
    value: canonical(value),
    oldValue: readOptional(json, "oldValue", 0),
  });
}

function readAddWidget(json: Plain): Operation {
  const value = own(json, "value");
  if (!isObject(value)) throw invalid("value", "must be a widget");
  return operation("addWidget", readWidgetId(json), [], { value: canonical(value, WIDGET_DEPTH) });
}

function readRemoveWidget(json: Plain): Operation {
  const oldValue = readOptional(json, "oldValue", WIDGET_DEPTH);
  return operation("removeWidget", readWidgetId(json), [], { oldValue });
}

function readNoop(json: Plain): Operation {
  const reason = own(json, "reason");
  if (!REASONS.includes(reason)) throw invalid("reason", `must be one of ${REASONS.join(", ")}`);
  const path = own(json, "path") === undefined ? [] : readPath(json, 0);
  return operation("noop", readTarget(json), path, { reason: reason as Reason });
}

const READERS: { readonly [type in OperationType]: (json: Plain) => Operation } = {
  insert: readInsert,
  delete: readDelete,
  format: readFormat,
  update: readUpdate,
  move: readPlacing,
  resize: readPlacing,
  addWidget: readAddWidget,
  removeWidget: readRemoveWidget,
  noop: readNoop,
};

function readTarget(json: Plain): Target {
  return own(json, "targetId") === undefined ? null : readWidgetId(json);
}

function readWidgetId(json: Plain): string {
  const id = own(json, "targetId");
  if (typeof id !== "string" || !UUID.test(id)) {
    throw invalid("targetId", "must be a UUID in lower-case text");
  }
  return id;
}

function readPath(json: Plain, least = 1): Path {
  const path = own(json, "path");
  if (!Array.isArray(path) || path.length < least || path.length > PATH_MAX_SEGMENTS) {
    throw invalid("path", `must be a list of ${least} to ${PATH_MAX_SEGMENTS} strings`);
  }
  return path.map((segment: unknown) => {
    if (typeof segment !== "string") throw invalid("path", "must hold strings");
    if (countPoints(segment) > KEY_MAX_CHARACTERS || FORBIDDEN_KEYS.includes(segment)) {
      throw invalid("path", `has a forbidden key, or one over ${KEY_MAX_CHARACTERS}`);
    }
    return segment;
  });
}

function readRange(json: Plain): { position: number; length: number } {
  return { position: readCount(json, "position", 0), length: readCount(json, "length", 1) };
}

function readCount(json: Plain, field: string, least: number): number {
  const count = own(json, field);
  if (!Number.isInteger(count) || (count as number) < least || (count as number) > INTEGER_MAX) {
    throw invalid(field, `must be an integer of at least ${least}`);
  }
  return (count as number) + 0; // -0 is 0
}

/** Text, items for a list, or an embed for rich text. */
function readInserted(value: unknown, depth: number): JsonValue {
  if (typeof value === "string" && value !== "") return value;
  if (Array.isArray(value) && value.length > 0) return canonical(value, depth);
  if (isObject(value) && Object.keys(value).length === 1) {
    return canonical(value, depth + RUN_DEPTH);
  }
  throw invalid("value", "must be text, an embed with one key, or items, and not empty");
}

function readAttributes(json: Plain, depth: number): JsonObject {
  const attributes = own(json, "attributes");
  if (!isObject(attributes) || isRich(attributes)) throw invalid("attributes", "must be an object");
  return canonicalFields(attributes, depth + RUN_DEPTH);
}

function readOptional(json: Plain, field: string, depth: number): JsonValue | undefined {
  const value = own(json, field);
  return value === undefined ? undefined : canonical(value, depth);
}

/** How many containers of the document the value at `path` lies within. */
function depthOf(target: Target, path: Path): number {
  return target === null ? path.length : path.length + WIDGET_DEPTH;
}

function invalid(field: string, rule: string): OperationError {
  return new OperationError("invalid_operation", `${field} ${rule}`, { field, rule });
}
