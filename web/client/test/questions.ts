/**
 * One truth for two languages: questions that the algebra answers, as JSON that both understand.
 *
 * A question has a `kind` and its inputs; the answer is JSON as well, an error its code. The sister
 * of tests/web/questions.py, which answers with the Python algebra.
 */

import { WeftError } from "../src/errors.ts";
import { applyRecording } from "../src/ot/application.ts";
import { operationFromJson, operationToJson } from "../src/ot/codec.ts";
import { type Cursor, transformCursor } from "../src/ot/cursors.ts";
import { Document } from "../src/ot/document.ts";
import { invert } from "../src/ot/inversion.ts";
import { compose, normalize } from "../src/ot/normal_form.ts";
import type { Operations } from "../src/ot/operation.ts";
import { Items, RichText, Text } from "../src/ot/rope.ts";
import { transformPair } from "../src/ot/transformation.ts";
import { Chance } from "./chance.ts";
import { makeStory } from "./generator.ts";

export type Question = { readonly kind: string; readonly [input: string]: any };

const ANSWERS: { readonly [kind: string]: (question: any) => unknown } = {
  apply: ({ document, operations }) => {
    const recorded = applyRecording(Document.fromJson(document), read(operations));
    return { document: recorded.document.toJSON(), recorded: written(recorded.operations) };
  },
  transform: ({ earlier, later }) => {
    const result = transformPair(read(earlier), read(later));
    const conflicts = result.conflicts.map((conflict) => ({
      ...conflict,
      winner: operationToJson(conflict.winner),
    }));
    return { earlier: written(result.earlier), later: written(result.later), conflicts };
  },
  compose: ({ first, second }) => written(compose(read(first), read(second))),
  normalize: ({ operations }) => written(normalize(read(operations))),
  invert: ({ document, operations }) =>
    written(invert(Document.fromJson(document), read(operations))),
  cursor: ({ cursor, operations, own }) => transformCursor(cursor as Cursor, read(operations), own),
  read: ({ operation, trusted }) => operationToJson(operationFromJson(operation, trusted)),
  document: ({ document }) => Document.fromJson(document).toJSON(),
};

/** The answer as it reads on the wire. */
export function answer(question: Question): unknown {
  try {
    return JSON.parse(JSON.stringify(ANSWERS[question.kind]!(question)));
  } catch (error) {
    if (error instanceof WeftError) return { error: error.code };
    throw error;
  }
}

/** One question of each kind that takes operations, on the story of that seed. */
export function ask(seed: number): Question[] {
  const chance = new Chance(seed);
  const story = makeStory(chance);
  const document = story.document.toJSON();
  const [earlier, later] = [written(story.earlier), written(story.later)];
  const following = written(story.following);
  const operations = [...earlier, ...following];
  const at = chance.pick(story.earlier);
  const cursor = { targetId: at.targetId, path: at.path, position: chance.below(5), anchor: null };
  return [
    { kind: "apply", document, operations },
    { kind: "apply", document, operations: [...later, ...following] }, // may not fit
    { kind: "transform", earlier, later },
    { kind: "compose", first: earlier, second: following },
    { kind: "normalize", operations },
    { kind: "invert", document, operations: earlier },
    { kind: "cursor", cursor, operations: later, own: chance.happens(0.5) },
    { kind: "cursor", cursor: { ...cursor, anchor: 2 }, operations: later, own: false },
  ];
}

/** Ropes of a few elements, so that small documents go through all of their paths. */
export function withSmallChunks<T>(wanted: boolean, action: () => T): T {
  const kinds = [Text, Items, RichText];
  const before = kinds.map((kind) => kind.CHUNK_MAX);
  if (wanted) for (const kind of kinds) kind.CHUNK_MAX = 4;
  try {
    return action();
  } finally {
    kinds.forEach((kind, index) => (kind.CHUNK_MAX = before[index]!));
  }
}

function read(operations: readonly unknown[]): Operations {
  return operations.map((each) => operationFromJson(each, true));
}

export function written(operations: Operations): unknown[] {
  return operations.map(operationToJson);
}
