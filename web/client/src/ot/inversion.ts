/** Law 13, invert: the operations that take a document back to what it was. */

import { nodesToSequence, perform } from "./application.ts";
import { Runs, sameAttributes } from "./delta.ts";
import type { Document } from "./document.ts";
import { operation } from "./operation.ts";
import type { JsonObject, Operation, Operations } from "./operation.ts";
import { sizeOf } from "./pairs.ts";
import { opened, partOf, plain, plainObject, plainPart } from "./sequence.ts";
import type { Node, Part } from "./sequence.ts";
import { own } from "./values.ts";

/**
 * What undoes `operations`, which are valid at `document`: to be applied after them.
 *
 * @throws as `apply`.
 */
export function invert(document: Document, operations: Operations): Operations {
  const undoing: Operations[] = [];
  for (const each of operations) {
    const [after, replaced] = perform(document, each);
    undoing.push(inverse(document, each, replaced));
    document = after;
  }
  return undoing.reverse().flat();
}

function inverse(before: Document, each: Operation, replaced: Node | undefined): Operations {
  const { type, targetId, value } = each;
  const restored = replaced === undefined ? undefined : plain(replaced);
  switch (type) {
    case "insert":
      return [
        { ...each, type: "delete", value: undefined, length: sizeOf(each), attributes: null },
      ];
    case "delete":
      return inserts(each, part(before, each));
    case "format":
      return formats(each, part(before, each) as Runs);
    case "addWidget":
      return [operation("removeWidget", targetId, [], { oldValue: value })];
    case "removeWidget":
      return [operation("addWidget", targetId, [], { value: restored })];
    case "noop":
      return [];
    default:
      return [{ ...each, value: restored, oldValue: value }];
  }
}

function part(document: Document, { targetId, path, position, length }: Operation): Part {
  const sequence = opened(nodesToSequence(document, targetId, path).at(-1)!);
  return partOf(sequence, position, length);
}

/** What was deleted: one insert, or one per run of rich text. */
function inserts(deletion: Operation, content: Part): Operations {
  const base: Operation = { ...deletion, type: "insert", length: 0 };
  if (!(content instanceof Runs)) return [{ ...base, value: plainPart(content) }];
  let { position } = deletion;
  return content.runs.map((run) => {
    const attributes = run.attributes && plainObject(run.attributes);
    const insert = { ...base, position, value: plain(run.content), attributes };
    position += run.length;
    return insert;
  });
}

/** A format per stretch that had the same old values; null where there was none. */
function formats(each: Operation, runs: Runs): Operations {
  const stretches: Operation[] = [];
  const names = Object.keys(each.attributes ?? {});
  let { position } = each;
  for (const { attributes: had, length } of runs.runs) {
    const attributes: JsonObject = Object.fromEntries(
      names.map((name) => [name, plain((had && own(had, name)) ?? null)]),
    );
    const last = stretches.at(-1);
    if (last !== undefined && sameAttributes(last.attributes, attributes)) {
      stretches[stretches.length - 1] = { ...last, length: last.length + length };
    } else {
      stretches.push({ ...each, position, length, attributes });
    }
    position += length;
  }
  return stretches;
}
