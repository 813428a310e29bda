/**
 * One Quill on one text of a board: what is typed becomes edits, what others do appears in place.
 *
 * After every change both sides are compared; if they are not the same text, the document is right.
 */

import type { Board, News, Operation } from "@weft/client";
import type Quill from "quill";
import type { Delta } from "quill";

import { attempt } from "../parts/attempt.ts";
import { type Change, changesOf, editsOf, plainOf, type Run, shownRuns } from "./delta.ts";

export class QuillBinding {
  readonly #board: Board;
  readonly #id: string;
  readonly #path: readonly string[];
  readonly #quill: Quill;
  readonly #end: () => void;
  #isTyping = false;

  constructor(board: Board, id: string, path: readonly string[], quill: Quill) {
    this.#board = board;
    this.#id = id;
    this.#path = path;
    this.#quill = quill;
    this.#showAnew();
    const ends = board.listen((news) => this.#hear(news));
    const type = (delta: Delta, before: Delta, source: string): void => {
      if (source === "user") this.#type(delta.ops as Change[], before.ops as Run[]);
    };
    quill.on("text-change", type);
    this.#end = () => {
      ends();
      quill.off("text-change", type);
    };
  }

  release(): void {
    this.#end();
  }

  get #text() {
    const board = this.#board;
    if (!board.document.has(this.#id)) return undefined;
    try {
      return board.document.valueAt(this.#id, this.#path);
    } catch {
      return undefined; // no text is there yet
    }
  }

  #type(changes: readonly Change[], before: readonly Run[]): void {
    this.#isTyping = true;
    attempt(() => {
      if (this.#text === undefined)
        this.#board.set(this.#id, this.#path, { ops: [{ insert: "\n" }] });
      const where = { targetId: this.#id, path: this.#path };
      this.#board.edit(...editsOf(changes, before, where, this.#text));
    });
    this.#isTyping = false;
    this.#compare();
  }

  #hear(news: News): void {
    if (news.kind !== "show" || this.#isTyping) return;
    if (news.origin === "snapshot") return this.#showAnew();
    const mine = news.operations.filter(({ targetId }) => targetId === this.#id);
    for (const operation of mine) {
      if (this.#isOnText(operation)) this.#apply(operation);
      else if (this.#isAbove(operation)) return this.#showAnew();
    }
    if (mine.length > 0) this.#compare();
  }

  #apply(operation: Operation): void {
    const changes = changesOf(operation, this.#shown());
    if (changes === null) this.#showAnew();
    else if (changes.length > 0) this.#quill.updateContents(changes as never, "api");
  }

  #isOnText({ path }: Operation): boolean {
    return path.length === this.#path.length && path.every((key, at) => key === this.#path[at]);
  }

  #isAbove({ type, path }: Operation): boolean {
    return type === "addWidget" || path.every((key, at) => key === this.#path[at]);
  }

  #shown(): readonly Run[] {
    return this.#quill.getContents().ops as Run[];
  }

  #compare(): void {
    if (plainOf(this.#shown()) !== plainOf(shownRuns(this.#text))) this.#showAnew();
  }

  #showAnew(): void {
    const selection = this.#quill.hasFocus() ? this.#quill.getSelection() : null;
    this.#quill.setContents(shownRuns(this.#text) as never, "api");
    if (selection !== null) this.#quill.setSelection(selection, "api");
  }
}
