/**
 * One edit as data: its eight types, and the explicit no-op. See docs/spec.md, "Operations".
 *
 * An operation is immutable and says where it acts by `targetId` (a widget, or null for the
 * dashboard itself) and `path` (keys and list indexes as strings). Every field is always there, so
 * that all operations have one shape; `undefined` is the value of a key that is not there, which
 * JSON's null is not.
 */

export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export type JsonObject = { readonly [key: string]: JsonValue };

export type Path = readonly string[];
export type Target = string | null;
export type Reason = "target_removed" | "target_replaced" | "superseded";

export type OperationType =
  | "insert"
  | "delete"
  | "format"
  | "update"
  | "move"
  | "resize"
  | "addWidget"
  | "removeWidget"
  | "noop";

export interface Operation {
  readonly type: OperationType;
  readonly targetId: Target;
  readonly path: Path;
  readonly value: JsonValue | undefined;
  readonly oldValue: JsonValue | undefined;
  /** Counts Unicode code points in text (an embed is one), items in a list; so does `length`. */
  readonly position: number;
  readonly length: number;
  readonly attributes: JsonObject | null;
  /** Of a no-op: why the edit has no effect. */
  readonly reason: Reason | null;
}

export type Operations = readonly Operation[];

type Fields = Partial<Omit<Operation, "type" | "targetId" | "path">>;

export function operation(
  type: OperationType,
  targetId: Target = null,
  path: Path = [],
  fields: Fields = {},
): Operation {
  return {
    type,
    targetId,
    path,
    value: fields.value,
    oldValue: fields.oldValue,
    position: fields.position ?? 0,
    length: fields.length ?? 0,
    attributes: fields.attributes ?? null,
    reason: fields.reason ?? null,
  };
}

/** Whether `path` is `prefix` or leads on from it. */
export function leadsThrough(path: Path, prefix: Path): boolean {
  return path.length >= prefix.length && prefix.every((segment, depth) => segment === path[depth]);
}

export function samePath(left: Path, right: Path): boolean {
  return left === right || (left.length === right.length && leadsThrough(left, right));
}
