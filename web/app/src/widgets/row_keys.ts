/**
 * Names for the rows of a list that stay with them while others insert and delete around them, so
 * that a cell that somebody is typing in keeps its place.
 */

import type { News, Operation } from "@weft/client";

export class RowKeys {
  #next = 0;
  keys: string[];
  readonly #id: string;
  readonly #path: readonly string[];

  constructor(id: string, path: readonly string[], count: number) {
    this.#id = id;
    this.#path = path;
    this.keys = this.#fresh(count);
  }

  /** Follow what has happened to the list; `count` is how many rows there are now. */
  hear(news: News, count: number): void {
    if (news.kind !== "show") return;
    if (news.origin === "snapshot") this.keys = [];
    for (const operation of news.operations) this.#follow(operation);
    this.fit(count);
  }

  fit(count: number): void {
    if (this.keys.length > count) this.keys = this.keys.slice(0, count);
    this.keys.push(...this.#fresh(count - this.keys.length));
  }

  #follow({ type, targetId, path, position, length, value }: Operation): void {
    if (targetId !== this.#id) return;
    const isAbove = path.every((key, at) => key === this.#path[at]);
    if (!isAbove || path.length > this.#path.length) return;
    if (path.length < this.#path.length || type === "update") {
      if (type === "update") this.keys = [];
    } else if (type === "insert" && Array.isArray(value)) {
      this.keys.splice(position, 0, ...this.#fresh(value.length));
    } else if (type === "delete") {
      this.keys.splice(position, length);
    }
  }

  #fresh(count: number): string[] {
    return Array.from({ length: Math.max(0, count) }, () => `row-${(this.#next += 1)}`);
  }
}
