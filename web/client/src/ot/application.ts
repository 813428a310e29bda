/**
 * Law 16, valid stays valid: what each operation does to a document.
 *
 * A document is a value, so a batch is atomic by nature: on error the caller still has the old one.
 */

import { OperationError } from "../errors.ts";
import {
  DESCRIPTION_MAX_CHARACTERS,
  DOCUMENT_MAX_BYTES,
  TEXT_MAX_CHARACTERS,
  TITLE_MAX_CHARACTERS,
  WIDGETS_MAX_PER_DASHBOARD,
} from "../wire/tables.ts";
import { type Document, indexIn, rebuild, walk } from "./document.ts";
import type {
  JsonObject,
  Operation,
  Operations,
  OperationType,
  Path,
  Target,
} from "./operation.ts";
import { Items, RichText } from "./rope.ts";
import {
  deleteFrom,
  formatIn,
  insertInto,
  isList,
  isRecord,
  type Node,
  type NodeObject,
  opened,
  type Part,
  partOf,
  plain,
  type Sequence,
  sizeOfSequence,
} from "./sequence.ts";
import { checkCoordinates, checkUpdate, completeWidget } from "./shape.ts";
import { own, textBytes, weigh } from "./values.ts";

/** The new document, and the node that was replaced or removed (undefined: none). */
export type Effect = readonly [Document, Node | undefined];

/** A document after operations, and these with `oldValue` as what they really replaced. */
export interface Recorded {
  readonly document: Document;
  readonly operations: Operations;
}

/**
 * The document after `operations`, all or none.
 *
 * Sizes are limited when an edit is accepted, and merged edits may pass a limit that each alone
 * kept; so a replica that follows what was accepted applies with `withinLimits` false.
 *
 * @throws OperationError target_missing, target_exists, invalid_path, out_of_range,
 * invalid_operation, limit_exceeded.
 */
export function apply(document: Document, operations: Operations, withinLimits = true): Document {
  const before = document.sizeBytes;
  for (const each of operations) [document] = EFFECTS[each.type](document, each, withinLimits);
  if (withinLimits) checkSize(document, before);
  return document;
}

/** As `apply`; also tells what update, move, resize and removeWidget replaced. */
export function applyRecording(document: Document, operations: Operations): Recorded {
  const before = document.sizeBytes;
  const recorded: Operation[] = [];
  for (const each of operations) {
    const [after, replaced] = EFFECTS[each.type](document, each, true);
    document = after;
    const oldValue = replaced === undefined ? undefined : plain(replaced);
    recorded.push(RECORDED.includes(each.type) ? { ...each, oldValue } : each);
  }
  checkSize(document, before);
  return { document, operations: recorded };
}

/** The document after one operation, and the node that this replaced or removed. */
export function perform(document: Document, operation: Operation): Effect {
  return EFFECTS[operation.type](document, operation, false);
}

const RECORDED: readonly OperationType[] = ["update", "move", "resize", "removeWidget"];

function checkSize(document: Document, before: number): void {
  if (document.sizeBytes > Math.max(before, DOCUMENT_MAX_BYTES)) {
    throw new OperationError("limit_exceeded", "The document would be too large.");
  }
}

function insert(document: Document, operation: Operation, limited: boolean): Effect {
  const { targetId, path, value, position, attributes } = operation;
  const nodes = nodesToSequence(document, targetId, path);
  const old = nodes.at(-1)!;
  const changed = insertInto(opened(old), position, value, attributes);
  if (limited && typeof value === "string" && sizeOfSequence(changed) > longest(targetId, path)) {
    throw new OperationError("limit_exceeded", "The text would be too long.");
  }
  const growth =
    changed instanceof RichText ? changed.weight - weigh(old) : contentWeight(value as Part);
  return changedAt(document, operation, nodes, changed, growth);
}

function erase(document: Document, operation: Operation): Effect {
  const { targetId, path, position, length } = operation;
  const nodes = nodesToSequence(document, targetId, path);
  const old = opened(nodes.at(-1)!);
  const changed = deleteFrom(old, position, length);
  const growth =
    changed instanceof RichText
      ? changed.weight - weigh(nodes.at(-1)!)
      : -contentWeight(partOf(old, position, length));
  return changedAt(document, operation, nodes, changed, growth);
}

function format(document: Document, operation: Operation): Effect {
  const { targetId, path, position, length, attributes } = operation;
  const nodes = nodesToSequence(document, targetId, path);
  const old = nodes.at(-1)!;
  const changed = formatIn(opened(old), position, length, attributes);
  return changedAt(document, operation, nodes, changed, weigh(changed) - weigh(old));
}

export function nodesToSequence(document: Document, target: Target, path: Path): Node[] {
  if (path.length === 0 || (path[0] === "type" && target !== null)) {
    throw new OperationError("invalid_path", "This is changed as a whole.");
  }
  return walk(document.record(target), path);
}

function changedAt(
  document: Document,
  { targetId, path }: Operation,
  nodes: Node[],
  changed: Sequence,
  growth: number,
): Effect {
  const root = rebuild(nodes, path, changed) as NodeObject;
  return [document.withRecord(targetId, root, growth), undefined];
}

/** Characters that a text may have: titles and descriptions lie in columns. */
function longest(target: Target, path: Path): number {
  if (path.length > 1) return TEXT_MAX_CHARACTERS;
  if (path[0] === "title") return TITLE_MAX_CHARACTERS;
  return target === null ? DESCRIPTION_MAX_CHARACTERS : TEXT_MAX_CHARACTERS;
}

function update(document: Document, operation: Operation): Effect {
  const { targetId, path, value } = operation;
  if (path.length === 0) return replaceWidget(document, operation);
  checkUpdate(targetId, path, value);
  const nodes = walk(document.record(targetId), path.slice(0, -1));
  const [parent, key] = [nodes.at(-1)!, path.at(-1)!];
  let old: Node | undefined;
  let keyWeight = 0;
  if (isRecord(parent)) {
    old = own(parent, key);
    keyWeight = textBytes(key) + 3;
  } else if (isList(parent) && value !== undefined) {
    old = parent[indexIn(parent.length, key)];
  } else if (parent instanceof Items && value !== undefined) {
    old = parent.at(indexIn(parent.length, key));
  } else {
    throw new OperationError("invalid_path", "There is no object or list to update.");
  }
  let growth = value === undefined ? 0 : keyWeight + weigh(value);
  growth -= old === undefined ? 0 : keyWeight + weigh(old);
  const root = rebuild(nodes, path, value) as NodeObject;
  return [document.withRecord(targetId, root, growth), old];
}

function replaceWidget(document: Document, { targetId, value }: Operation): Effect {
  if (targetId === null) {
    throw new OperationError("invalid_path", "The dashboard is not updated as a whole.");
  }
  const old = document.record(targetId);
  const record = completeWidget(value);
  return [document.withRecord(targetId, record, weigh(record) - weigh(old)), old];
}

function move(document: Document, operation: Operation): Effect {
  const targetId = widgetOf(operation);
  const changes = operation.value;
  checkCoordinates(operation.type, changes);
  const record = document.record(targetId);
  const position = own(record, "position") as JsonObject;
  const names = Object.keys(changes);
  const replaced = Object.fromEntries(names.map((name) => [name, position[name]!]));
  const moved = { ...record, position: { ...position, ...changes } };
  return [document.withRecord(targetId, moved, 0), replaced];
}

function addWidget(document: Document, operation: Operation, limited: boolean): Effect {
  const targetId = widgetOf(operation);
  if (document.has(targetId)) throw new OperationError("target_exists", "", { targetId });
  if (limited && document.widgetCount >= WIDGETS_MAX_PER_DASHBOARD) {
    throw new OperationError("limit_exceeded", "The dashboard has too many widgets.");
  }
  const record = completeWidget(operation.value);
  return [document.withRecord(targetId, record, weigh(record)), undefined];
}

function removeWidget(document: Document, operation: Operation): Effect {
  const targetId = widgetOf(operation);
  const old = document.record(targetId);
  return [document.withRecord(targetId, null, -weigh(old)), old];
}

function widgetOf({ targetId }: Operation): string {
  if (targetId === null) {
    throw new OperationError("target_missing", "This operation needs a widget.");
  }
  return targetId;
}

/** Of a part of plain text or of a list. */
function contentWeight(content: Part): number {
  return weigh(content as string | readonly Node[]) - weigh("");
}

const EFFECTS: {
  readonly [type in OperationType]: (
    document: Document,
    operation: Operation,
    limited: boolean,
  ) => Effect;
} = {
  insert,
  delete: erase,
  format,
  update,
  move,
  resize: move,
  addWidget,
  removeWidget,
  noop: (document) => [document, undefined],
};
