/**
 * Random valid documents, and random valid operations at them, biased to collide.
 *
 * Documents are small on purpose, so that two lists of operations meet at the same widgets, paths
 * and positions.
 */

import { apply } from "../src/ot/application.ts";
import { Document } from "../src/ot/document.ts";
import { operation } from "../src/ot/operation.ts";
import type {
  JsonObject,
  JsonValue,
  Operation,
  Operations,
  Path,
  Target,
} from "../src/ot/operation.ts";
import { countPoints } from "../src/ot/points.ts";
import { isObject, isRich } from "../src/ot/values.ts";
import type { Chance } from "./chance.ts";

export const WIDGETS = [0, 1, 2].map((number) => `00000000-0000-4000-8000-00000000000${number}`);

const WORDS = ["a", "b", "xy", "é", "e\u0301", "👩‍👧", "🏳️", "\n", "𝒳𝒴", "q".repeat(9)];
const KEYS = ["k", "l", "text", "rows", "3", "toString"];
const NUMBERS = [0, 1, 0.5, 7, 2 ** 53 - 1, 1e300];
const COORDINATES = ["x", "y", "width", "height"];
const STYLES: readonly (readonly [string, JsonValue])[] = [
  ["bold", true],
  ["bold", 1],
  ["color", "red"],
  ["link", { href: "u", rel: [1] }],
];

/** A document, two concurrent lists at it, and a third that follows the first. */
export interface Story {
  readonly document: Document;
  readonly earlier: Operations;
  readonly later: Operations;
  readonly following: Operations;
}

export function makeStory(chance: Chance, most = 4): Story {
  const document = makeDocument(chance);
  const earlier = makeOperations(chance, document, chance.between(1, most));
  const later = makeOperations(chance, document, chance.between(1, most));
  const after = apply(document, earlier, false);
  return {
    document,
    earlier,
    later,
    following: makeOperations(chance, after, chance.between(1, 3)),
  };
}

export function makeDocument(chance: Chance): Document {
  const ids = WIDGETS.slice(0, chance.between(1, 2));
  return Document.fromJson({
    title: makeText(chance, 3),
    description: chance.pick([null, makeText(chance, 3)]),
    settings: { k: makeValue(chance, 2), l: makeValue(chance, 2) },
    layout: ids.map((id) => ({ id, x: chance.below(9) })),
    widgets: Object.fromEntries(ids.map((id) => [id, makeWidget(chance)])),
  });
}

function makeWidget(chance: Chance): JsonObject {
  return {
    type: chance.pick(["text", "chart"]),
    title: chance.pick([null, makeText(chance, 3)]),
    position: Object.fromEntries(COORDINATES.map((name) => [name, chance.pick(NUMBERS)])),
    config: { text: makeText(chance, 4), rich: makeDelta(chance) },
    data: { rows: chance.times(0, 4, () => makeValue(chance, 3)) },
    isLocked: chance.happens(0.5),
  };
}

function makeText(chance: Chance, words: number): string {
  return chance.times(0, words, () => chance.pick(WORDS)).join("");
}

function makeValue(chance: Chance, depth: number): JsonValue {
  const kind = chance.below(depth > 0 ? 9 : 4);
  if (kind < 2) return makeText(chance, 3);
  if (kind === 2) return chance.pick(NUMBERS);
  if (kind === 3) return chance.pick([null, true, false]);
  if (kind === 4) return makeDelta(chance);
  if (kind < 7) return chance.times(0, 3, () => makeValue(chance, depth - 1));
  const keys = chance.times(0, 3, () => chance.pick(KEYS));
  return Object.fromEntries(keys.map((key) => [key, makeValue(chance, depth - 1)]));
}

function makeAttributes(chance: Chance): JsonObject {
  return Object.fromEntries(chance.times(0, 2, () => chance.pick(STYLES)));
}

/** In canonical form: read back from a document, which makes it so. */
function makeDelta(chance: Chance): JsonValue {
  const ops = chance.times(0, 4, () => ({
    insert: chance.happens(0.2) ? { image: "u" } : chance.pick(WORDS),
    ...(chance.happens(0.4) && { attributes: makeAttributes(chance) }),
  }));
  return Document.fromJson({ settings: { ops } }).valueAt(null, ["settings"]);
}

// --- operations ---------------------------------------------------------------------------------

/** A list of `count` operations, each valid after those before it. */
export function makeOperations(chance: Chance, document: Document, count: number): Operations {
  const made: Operation[] = [];
  for (let left = count; left > 0; left -= 1) {
    const each = makeOperation(chance, document);
    made.push(each);
    document = apply(document, [each], false);
  }
  return made;
}

export function makeOperation(chance: Chance, document: Document): Operation {
  const target = chance.happens(0.15)
    ? null
    : chance.happens(0.8)
      ? WIDGETS[0]!
      : chance.pick(WIDGETS);
  if (target !== null && !document.has(target)) {
    return operation("addWidget", target, [], { value: makeWidget(chance) });
  }
  if (target !== null && chance.happens(0.3)) return makeWidgetEdit(chance, target);
  const places = placesIn(document.valueAt(target) as JsonObject, target === null);
  const [path, value] = chance.pick(places);
  const isSequence = typeof value === "string" || Array.isArray(value) || isRich(value);
  if (isSequence && chance.happens(0.8)) return makeEdit(chance, target, path, value!);
  return makeUpdate(chance, target, path);
}

function makeWidgetEdit(chance: Chance, target: string): Operation {
  if (chance.happens(0.2)) return operation("removeWidget", target);
  const type = chance.pick(["move", "resize"] as const);
  const names = chance.times(1, 3, () =>
    chance.pick(COORDINATES.slice(0, type === "move" ? 2 : 4)),
  );
  const value = Object.fromEntries(names.map((name) => [name, chance.pick(NUMBERS)]));
  return operation(type, target, [], { value });
}

function makeEdit(chance: Chance, target: Target, path: Path, sequence: JsonValue): Operation {
  const length = sizeOf(sequence);
  const rich = isRich(sequence);
  if (length > 0 && chance.happens(0.5)) {
    const position = chance.below(length);
    const range = { position, length: chance.between(1, Math.min(3, length - position)) };
    if (!rich || chance.happens(0.4)) return operation("delete", target, path, range);
    const attributes = { ...makeAttributes(chance), [chance.pick(["bold", "color"])]: null };
    return operation("format", target, path, { ...range, attributes });
  }
  const position = chance.between(0, length);
  if (Array.isArray(sequence)) {
    const value = chance.times(1, 2, () => makeValue(chance, 2));
    return operation("insert", target, path, { position, value });
  }
  const styles = rich && chance.happens(0.4) ? makeAttributes(chance) : {};
  const attributes = Object.keys(styles).length > 0 ? styles : null;
  const value = rich && chance.happens(0.3) ? { image: "v" } : chance.pick(WORDS);
  return operation("insert", target, path, { position, value, attributes });
}

function makeUpdate(chance: Chance, target: Target, path: Path): Operation {
  const update = (value?: JsonValue): Operation => operation("update", target, path, { value });
  const [first] = path;
  if (path.length > 1) {
    if (first === "position") return update(chance.pick(NUMBERS));
    const removes = chance.happens(0.25) && !/^\d+$/.test(path.at(-1)!);
    return removes ? update() : update(makeValue(chance, 2));
  }
  const whole = target === null ? makeDocument(chance).toJSON() : makeWidget(chance);
  return update((whole as JsonObject)[first!]!);
}

type Place = readonly [Path, JsonValue | undefined];

/** Where operations can act in a record. */
function placesIn(record: JsonObject, isDashboard: boolean): Place[] {
  return Object.entries(record).flatMap(([field, value]): Place[] =>
    field === "type" && !isDashboard ? [[[field], undefined]] : placesFrom([field], value),
  );
}

function placesFrom(path: Path, value: JsonValue): Place[] {
  const place: Place = [path, value];
  if (Array.isArray(value)) {
    return [place, ...value.flatMap((item, index) => placesFrom([...path, `${index}`], item))];
  }
  if (!isObject(value) || isRich(value)) return [place];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    placesFrom([...path, key], item as JsonValue),
  );
  return path[0] === "position" ? inner : [place, [[...path, "new"], undefined], ...inner];
}

function sizeOf(sequence: JsonValue): number {
  if (typeof sequence === "string") return countPoints(sequence);
  if (Array.isArray(sequence)) return sequence.length;
  const parts = (sequence as { ops: readonly { insert: JsonValue }[] }).ops;
  return parts.reduce(
    (sum, { insert }) => sum + (typeof insert === "string" ? countPoints(insert) : 1),
    0,
  );
}
