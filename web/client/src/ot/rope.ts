/**
 * A long sequence as immutable chunks, so that an edit costs a chunk and not the whole.
 *
 * A rope behaves as one sequence of code points, list items or rich text. It is flat: one list of
 * chunks and the place of the last edit, from which the next search starts, as people type where
 * they typed.
 */

import { deltaOf, Runs } from "./delta.ts";
import type { JsonObject } from "./operation.ts";
import { Points } from "./points.ts";
import type { Node } from "./sequence.ts";
import { textBytes, weigh } from "./values.ts";

/** What `Points`, lists and `Runs` have in common. */
export interface Chunk<C> {
  readonly length: number;
  slice(start: number, stop?: number): C;
  concat(other: C): C;
}

interface Place {
  readonly index: number; // of a chunk
  readonly base: number; // where it starts
}

const START: Place = { index: 0, base: 0 };

/** Immutable. Positions and lengths count elements; the caller has checked their range. */
export abstract class Rope<C extends Chunk<C>> {
  readonly chunks: readonly C[];
  readonly length: number;
  readonly near: Place; // where the last edit was

  constructor(chunks: readonly C[], length: number, near: Place = START) {
    this.chunks = chunks;
    this.length = length;
    this.near = near;
  }

  /** With `content` in place of the elements from `start` up to `stop`. */
  splice(start: number, stop: number, content?: C): this {
    if (this.chunks.length === 0) {
      return content === undefined ? this : this.made(this.cut(content), content.length, START);
    }
    let { index: first, base } = this.locate(start);
    let [last, lastBase] = [first, base];
    while (stop > lastBase + this.chunk(last).length) {
      lastBase += this.chunk(last).length;
      last += 1;
    }
    const tail = this.chunk(last).slice(stop - lastBase);
    const head = this.chunk(first).slice(0, start - base);
    let middle = (content === undefined ? head : head.concat(content)).concat(tail);
    if (this.share(middle) < 1 / 4 && first > 0) {
      const before = this.chunk(first - 1); // small chunks do not pile up
      if (this.share(middle) + this.share(before) <= 1 / 2) {
        [first, base, middle] = [first - 1, base - before.length, before.concat(middle)];
      }
    }
    const pieces = middle.length > 0 && this.share(middle) <= 1 ? [middle] : this.cut(middle);
    const chunks = [...this.chunks.slice(0, first), ...pieces, ...this.chunks.slice(last + 1)];
    const length = this.length + start - stop + (content?.length ?? 0);
    return this.made(chunks, length, first < chunks.length ? { index: first, base } : START);
  }

  /** The elements from `start` up to `stop`, as one chunk; start < stop. */
  cutOut(start: number, stop: number): C {
    let { index, base } = this.locate(start);
    let result = this.chunk(index).slice(start - base, stop - base);
    while (stop > (base += this.chunk(index).length)) {
      index += 1;
      result = result.concat(this.chunk(index).slice(0, stop - base));
    }
    return result;
  }

  protected abstract made(chunks: readonly C[], length: number, near: Place): this;

  /** How much of a full chunk this is. */
  protected abstract share(chunk: C): number;

  protected abstract cut(content: C): readonly C[];

  /** A chunk that `position` lies in or at an edge of, and where that chunk starts. */
  private locate(position: number): Place {
    let { index, base } = position < this.near.base / 2 ? START : this.near;
    while (position < base) {
      index -= 1;
      base -= this.chunk(index).length;
    }
    while (position > base + this.chunk(index).length) {
      base += this.chunk(index).length;
      index += 1;
    }
    return { index, base };
  }

  private chunk(index: number): C {
    return this.chunks[index]!;
  }
}

function* inPieces<C extends Chunk<C>>(content: C, size: number): Iterable<C> {
  for (let at = 0; at < content.length; at += size) {
    yield content.slice(at, Math.min(at + size, content.length));
  }
}

/** Plain text beyond one chunk. */
export class Text extends Rope<Points> {
  static CHUNK_MAX = 8_192;

  static of(text: string): Text {
    const points = new Points(text);
    return new Text([], 0).splice(0, 0, points);
  }

  get weight(): number {
    return this.chunks.reduce((sum, chunk) => sum + textBytes(chunk.text), weigh(""));
  }

  toJSON(): string {
    return this.chunks.map((chunk) => chunk.text).join("");
  }

  protected override made(chunks: readonly Points[], length: number, near: Place): this {
    return new Text(chunks, length, near) as this;
  }

  protected override share(chunk: Points): number {
    return chunk.length / Text.CHUNK_MAX;
  }

  protected override cut(content: Points): readonly Points[] {
    return [...inPieces(content, Text.CHUNK_MAX / 2)]; // room to grow
  }
}

/** A JSON list beyond one chunk. Its items are nodes of the document. */
export class Items extends Rope<readonly Node[]> {
  static CHUNK_MAX = 1_024;

  static of(items: readonly Node[]): Items {
    return new Items([], 0).splice(0, 0, items);
  }

  get weight(): number {
    return this.chunks.reduce((sum, chunk) => sum + weigh(chunk) - weigh([]), weigh([]));
  }

  at(index: number): Node {
    return this.cutOut(index, index + 1)[0]!;
  }

  with(index: number, item: Node): Items {
    return this.splice(index, index + 1, [item]);
  }

  protected override made(chunks: readonly (readonly Node[])[], length: number, near: Place): this {
    return new Items(chunks, length, near) as this;
  }

  protected override share(chunk: readonly Node[]): number {
    return chunk.length / Items.CHUNK_MAX;
  }

  protected override cut(content: readonly Node[]): readonly (readonly Node[])[] {
    return [...inPieces(content, Items.CHUNK_MAX / 2)];
  }
}

/** Rich text that has been edited. */
export class RichText extends Rope<Runs> {
  static CHUNK_MAX = 8_192;
  static RUNS_MAX = 64; // of one chunk, as an edit goes through its runs

  static of(runs: Runs): RichText {
    return new RichText([], 0).splice(0, 0, runs);
  }

  /** As of its JSON, with a run more per chunk. */
  get weight(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.weight, DELTA_WEIGHT);
  }

  toJSON(): JsonObject {
    return deltaOf(this.chunks.flatMap((chunk) => chunk.runs));
  }

  protected override made(chunks: readonly Runs[], length: number, near: Place): this {
    return new RichText(chunks, length, near) as this;
  }

  protected override share(chunk: Runs): number {
    return Math.max(chunk.length / RichText.CHUNK_MAX, chunk.runs.length / RichText.RUNS_MAX);
  }

  protected override cut(content: Runs): readonly Runs[] {
    return content.cut(RichText.CHUNK_MAX / 2, RichText.RUNS_MAX / 2);
  }
}

const DELTA_WEIGHT = weigh({ ops: [] });
