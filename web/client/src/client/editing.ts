/**
 * Edits by name, checked as the server will check them, and applied to the view at once.
 *
 * Every method throws a WeftError when the edit is not well formed, or not possible on what is
 * shown now; nothing has changed then. `target` null is the dashboard itself. A path is one key, or
 * a list of keys and list indexes. Positions and lengths count Unicode code points, embeds and
 * items: `pointsBefore` and `unitsBefore` translate to and from the indexes of JavaScript strings.
 */

import { operationFromJson } from "../ot/codec.ts";
import type { Document } from "../ot/document.ts";
import type { JsonObject, JsonValue, Path, Target } from "../ot/operation.ts";
import { differenceOf } from "../ot/points.ts";
import { checkContent } from "../wire/content.ts";
import type { CoordinatesJson, NewWidgetJson, OperationJson } from "../wire/messages.ts";
import type { ReplicaInstruction } from "./instructions.ts";
import type { Notice } from "./notices.ts";
import type { Replica } from "./replica.ts";
import { newUuid } from "./uuid.ts";

export type Where = string | readonly (string | number)[];
type Carry = (instructions: readonly ReplicaInstruction[]) => void;

export class Editing {
  protected readonly replica: Replica;
  readonly #carry: Carry;
  readonly #now: () => number;

  /** `carry` carries the replica's instructions out; `now`: ms of a clock that nobody sets. */
  constructor(replica: Replica, carry: Carry, now: () => number = () => performance.now()) {
    this.replica = replica;
    this.#carry = carry;
    this.#now = now;
  }

  /** What is shown: all that is committed, and all edits made here. A value. */
  get document(): Document {
    return this.replica.document;
  }

  /** Text into a text; text or an embed into rich text; a list of items into a list. */
  insert(
    target: Target,
    where: Where,
    position: number,
    value: JsonValue,
    attributes?: JsonObject,
  ): void {
    const styled = attributes === undefined ? {} : { attributes };
    this.edit({ type: "insert", ...at(target, where), position, value, ...styled });
  }

  delete(target: Target, where: Where, position: number, length: number): void {
    this.edit({ type: "delete", ...at(target, where), position, length });
  }

  /** Set attributes of rich text over a range; null removes one. */
  format(
    target: Target,
    where: Where,
    position: number,
    length: number,
    attributes: JsonObject,
  ): void {
    this.edit({ type: "format", ...at(target, where), position, length, attributes });
  }

  /** Make a plain text read `text`, by what differs alone: for text fields, on every input. */
  setText(target: Target, where: Where, text: string): void {
    const { path } = at(target, where);
    const { position, length, inserted } = differenceOf(
      `${this.document.valueAt(target, path) ?? ""}`,
      text,
    );
    const edits: OperationJson[] = [];
    if (length > 0) edits.push({ type: "delete", ...at(target, where), position, length });
    if (inserted !== "") {
      edits.push({ type: "insert", ...at(target, where), position, value: inserted });
    }
    if (edits.length > 0) this.edit(...edits);
  }

  /** Set a key of an object, or an element of a list. */
  set(target: Target, where: Where, value: JsonValue): void {
    this.edit({ type: "update", ...at(target, where), value });
  }

  /** Remove a key of an object. */
  unset(target: Target, where: Where): void {
    this.edit({ type: "update", ...at(target, where) });
  }

  move(targetId: string, value: Pick<CoordinatesJson, "x" | "y">): void {
    this.edit({ type: "move", targetId, value });
  }

  resize(targetId: string, value: CoordinatesJson): void {
    this.edit({ type: "resize", targetId, value });
  }

  /** Add a widget (docs/spec.md, "The document"); returns its id, a new one unless given. */
  addWidget(value: NewWidgetJson, targetId: string = newUuid()): string {
    this.edit({ type: "addWidget", targetId, value });
    return targetId;
  }

  removeWidget(targetId: string): void {
    this.edit({ type: "removeWidget", targetId });
  }

  /** Several at once: all or none. */
  edit(...operations: readonly OperationJson[]): void {
    const checked = operations.map((json) => {
      checkContent(json);
      return operationFromJson(json);
    });
    if (checked.length > 0) this.#carry(this.replica.edit(checked, { atMs: this.#now() }));
  }

  /**
   * Edits inside are shown at once, committed as one and undone as one; an exception takes them
   * back. A batch inside a batch is part of it. `action` must not wait for anything.
   */
  batch<T>(action: () => T): T {
    if (this.replica.batchIsOpen) return action();
    this.replica.openBatch();
    let result: T;
    try {
      result = action();
    } catch (error) {
      this.#carry(this.replica.abandonBatch());
      throw error;
    }
    this.#carry(this.replica.closeBatch());
    return result;
  }

  // --- undo -------------------------------------------------------------------------------------

  get canUndo(): boolean {
    return this.replica.copy.undo.canUndo;
  }

  get canRedo(): boolean {
    return this.replica.copy.undo.canRedo;
  }

  /** Take back this user's newest step, and nobody else's edits. */
  undo(): void {
    this.#carry(this.replica.step("undo"));
  }

  redo(): void {
    this.#carry(this.replica.step("redo"));
  }

  /** The next edit begins an undo step of its own, however soon it comes. */
  sealUndoStep(): void {
    if (!this.replica.batchIsOpen) this.replica.copy.undo.seal();
  }

  // --- lost edits -------------------------------------------------------------------------------

  /** Edits that were lost, neither restored nor dismissed yet. */
  notices(): readonly Notice[] {
    return this.replica.copy.notices.open();
  }

  /** Make a lost edit again, where its place is now. @throws WeftError if that is gone. */
  restore(notice: Notice): void {
    this.#carry(this.replica.restore(notice, this.#now()));
  }

  dismiss(notice: Notice): void {
    this.replica.dismiss(notice);
    this.#carry([]);
  }
}

function at(target: Target, where: Where): { readonly path: Path; readonly targetId?: string } {
  const path = typeof where === "string" ? [where] : where.map(String);
  return target === null ? { path } : { path, targetId: target };
}
