/**
 * The document: immutable, each version sharing with the one before all that did not change.
 *
 * Widgets lie in a fixed number of shards, so that replacing one copies a shard and not the map;
 * long text and lists lie in ropes.
 */

import { OperationError } from "../errors.ts";
import type { DocumentJson, WidgetJson } from "../wire/messages.ts";
import type { JsonObject, JsonValue, Path, Target } from "./operation.ts";
import { Items } from "./rope.ts";
import { isList, isRecord, opened, plain, plainObject } from "./sequence.ts";
import type { Node, NodeObject } from "./sequence.ts";
import { completeDashboard, completeWidget } from "./shape.ts";
import { isObject, listIndex, own, sameJson, weigh, without } from "./values.ts";

type Shard = ReadonlyMap<string, NodeObject>;
type Read = WeakMap<NodeObject, JsonObject>;

const SHARDS = 64; // of at most 32 widgets each at the limit of 2,000

/** One state of a dashboard. Compare with `equals`, which is equality of JSON. */
export class Document {
  readonly widgetCount: number;
  readonly sizeBytes: number; // about its length as JSON
  readonly #fields: NodeObject;
  readonly #shards: readonly Shard[];
  static readonly #read: Read = new WeakMap();

  /** Private: see fromJson and empty. */
  private constructor(fields: NodeObject, shards: readonly Shard[], count: number, size: number) {
    this.#fields = fields;
    this.#shards = shards;
    this.widgetCount = count;
    this.sizeBytes = size;
  }

  static empty(title = ""): Document {
    return Document.fromJson({ title });
  }

  /**
   * Read a state; a key left out has its default. `value` is copied.
   *
   * @throws OperationError invalid_operation with `field` and `rule`, invalid_number, too_deep.
   */
  static fromJson(value: unknown): Document {
    const widgets = isObject(value) && Object.hasOwn(value, "widgets") ? value["widgets"] : {};
    if (!isObject(value) || !isObject(widgets)) {
      throw new OperationError("invalid_operation", "A document and its widgets are objects.");
    }
    const fields = completeDashboard(without(value, "widgets"));
    const shards = Array.from({ length: SHARDS }, () => new Map<string, NodeObject>());
    let size = weigh(fields);
    const entries = Object.entries(widgets);
    for (const [id, widget] of entries) {
      const record = completeWidget(widget);
      shards[shardOf(id)]!.set(id, record);
      size += weigh(record);
    }
    return new Document(fields, shards, entries.length, size);
  }

  /** The state as fresh JSON, widgets by id. */
  toJSON(): DocumentJson {
    const widgets = this.widgetIds().map((id) => [id, plain(this.record(id))]);
    const state: unknown = { ...plainObject(this.#fields), widgets: Object.fromEntries(widgets) };
    return state as DocumentJson;
  }

  has(target: Target): boolean {
    return target === null || this.#shards[shardOf(target)]!.has(target);
  }

  /** In order. */
  widgetIds(): string[] {
    return this.#shards.flatMap((shard) => [...shard.keys()]).sort();
  }

  /** A widget: the same object for as long as it does not change. Not to be changed. */
  widget(id: string): Readonly<WidgetJson> | undefined {
    return this.has(id) ? (this.#reading(id) as unknown as WidgetJson) : undefined;
  }

  /** The dashboard's own fields: the same object for as long as they do not change. */
  get fields(): Readonly<Omit<DocumentJson, "widgets">> {
    return this.#reading(null) as unknown as DocumentJson;
  }

  /** Fresh JSON of what is there. @throws OperationError target_missing, invalid_path. */
  valueAt(target: Target, path: Path = []): JsonValue {
    return plain(walk(this.record(target), path).at(-1)!);
  }

  equals(other: Document): boolean {
    const same = (mine: NodeObject, theirs: NodeObject | undefined): boolean =>
      mine === theirs || (theirs !== undefined && sameJson(plain(mine), plain(theirs)));
    return (
      this.widgetCount === other.widgetCount &&
      same(this.#fields, other.#fields) &&
      this.#shards.every((shard, number) => {
        const theirs = other.#shards[number]!;
        return shard === theirs || [...shard].every(([id, mine]) => same(mine, theirs.get(id)));
      })
    );
  }

  #reading(target: Target): JsonObject {
    const record = this.record(target);
    const read = Document.#read.get(record) ?? plainObject(record);
    Document.#read.set(record, read);
    return read;
  }

  // For this room alone: nodes, which share with the document and must not be changed.

  /** The node of a widget, or of the dashboard's own fields. */
  record(target: Target): NodeObject {
    if (target === null) return this.#fields;
    const record = this.#shards[shardOf(target)]!.get(target);
    if (record === undefined) throw new OperationError("target_missing", "", { targetId: target });
    return record;
  }

  /** With `record` as a widget (null: without it) or as the dashboard's own fields. */
  withRecord(target: Target, record: NodeObject | null, growth: number): Document {
    const size = this.sizeBytes + growth;
    if (target === null) return new Document(record!, this.#shards, this.widgetCount, size);
    const number = shardOf(target);
    const shard = new Map(this.#shards[number]);
    const others = this.widgetCount - shard.size;
    if (record === null) shard.delete(target);
    else shard.set(target, record);
    const shards = replaced(this.#shards, number, shard);
    return new Document(this.#fields, shards, others + shard.size, size);
  }
}

/** The nodes from `root` along `path`. @throws OperationError invalid_path. */
export function walk(root: Node, path: Path): Node[] {
  const nodes = [root];
  for (const segment of path) {
    let next: Node | undefined;
    if (isList(root)) next = root[indexIn(root.length, segment)];
    else if (root instanceof Items) next = root.at(indexIn(root.length, segment));
    else if (isRecord(root)) next = own(root, segment);
    if (next === undefined) throw new OperationError("invalid_path", "", { path: [...path] });
    nodes.push((root = next));
  }
  return nodes;
}

/** A new root: `leaf` in place of what `path` leads to from nodes[0] (undefined: without it). */
export function rebuild(nodes: readonly Node[], path: Path, leaf: Node | undefined): Node {
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const [node, segment] = [nodes[depth]!, path[depth]!];
    const items = isList(node) ? opened(node) : node;
    if (items instanceof Items) leaf = items.with(Number(segment), leaf!);
    else if (isList(items)) leaf = replaced(items, Number(segment), leaf!);
    else if (leaf === undefined) leaf = without(node as NodeObject, segment);
    else leaf = { ...(node as NodeObject), [segment]: leaf };
  }
  return leaf!;
}

/** The index of an item that is there. @throws OperationError invalid_path. */
export function indexIn(length: number, segment: string): number {
  const index = listIndex(segment);
  if (index < length) return index;
  throw new OperationError("invalid_path", `There is no list item ${segment}.`);
}

function replaced<T>(items: readonly T[], index: number, item: T): readonly T[] {
  return [...items.slice(0, index), item, ...items.slice(index + 1)];
}

function shardOf(id: string): number {
  let hash = 0;
  for (let index = 0; index < id.length; index += 1) {
    hash = (Math.imul(hash, 31) + id.charCodeAt(index)) | 0;
  }
  return hash & (SHARDS - 1);
}
