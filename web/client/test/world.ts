/**
 * A world in one thread: pages with real replicas, a server in fifty lines, and pure chance.
 *
 * Connections are cut, messages arrive late or never, tabs are closed and opened again with what
 * was stored by then. Words typed into the ledger tell whether an edit came once, twice or never.
 */

import assert from "node:assert/strict";

import { Editing } from "../src/client/editing.ts";
import type { ReplicaInstruction } from "../src/client/instructions.ts";
import { Replica } from "../src/client/replica.ts";
import { type Claim, MemoryStore } from "../src/client/store.ts";
import { newUuid } from "../src/client/uuid.ts";
import { WeftError } from "../src/errors.ts";
import { applyRecording } from "../src/ot/application.ts";
import { operationFromJson, operationToJson } from "../src/ot/codec.ts";
import { Document } from "../src/ot/document.ts";
import type { Operations } from "../src/ot/operation.ts";
import { transformPair } from "../src/ot/transformation.ts";
import type { Join, Submission, Submit } from "../src/wire/messages.ts";
import type { Chance } from "./chance.ts";
import { makeDocument, makeOperations } from "./generator.ts";
import { written } from "./questions.ts";

const BOARD = "00000000-0000-4000-8000-0000000000db";
const LEDGER = "00000000-0000-4000-8000-0000000000ed";
const TEXT = ["config", "text"];
const POSITION = { x: 0, y: 0, width: 1, height: 1 };
const LEDGER_WIDGET = { type: "text", position: POSITION, config: { text: "" } };

export interface Plan {
  readonly pages: number;
  readonly steps: number;
  readonly undoes: boolean;
}

export class World {
  readonly chance: Chance;
  readonly store = new MemoryStore();
  readonly server: Server;
  readonly pages: Page[] = [];
  readonly kept = new Set<string>(); // words that were stored, or of which nobody can be robbed
  #words = 0;

  constructor(chance: Chance) {
    this.chance = chance;
    const { widgets, ...fields } = makeDocument(chance).toJSON();
    this.server = new Server({ ...fields, widgets: { ...widgets, [LEDGER]: LEDGER_WIDGET } });
  }

  async run({ pages, steps, undoes }: Plan): Promise<void> {
    for (let count = 0; count < pages; count += 1) this.pages.push(await Page.open(this));
    for (let step = 0; step < steps; step += 1) {
      const page = this.chance.pick(this.pages);
      const luck = this.chance.next();
      if (luck < 0.25) page.edit(undoes);
      else if (luck < 0.29) page.cut();
      else if (luck < 0.31) await this.#reopen(page);
      else if (luck < 0.4) await page.writeStore();
      else page.progress();
    }
    await this.#rest(undoes);
  }

  nextWord(): string {
    this.#words += 1;
    return `<${this.#words}>`;
  }

  async #reopen(page: Page): Promise<void> {
    page.close();
    this.pages[this.pages.indexOf(page)] = await Page.open(this);
  }

  /** The troubles stop; all that is late arrives; then what tabs have left is taken up as well. */
  async #rest(undoes: boolean): Promise<void> {
    for (let round = 0; round < 50; round += 1) {
      if (round % 10 === 5) this.pages.push(await Page.open(this)); // adopts what lies there
      for (const page of this.pages) {
        await page.writeStore();
        for (let left = 200; left > 0 && page.progress(); left -= 1);
      }
    }
    this.#check();
    if (!undoes) this.#checkWords();
  }

  #check(): void {
    const { document } = this.server;
    for (const page of this.pages) {
      assert.ok(page.isSettled, `${page.replica.phase} ${JSON.stringify(page.replica.status)}`);
      assert.ok(page.replica.document.equals(document), "the pages have not converged");
    }
  }

  #checkWords(): void {
    const text = `${this.server.document.valueAt(LEDGER, TEXT)}`;
    const words = wordsIn(text);
    assert.equal(new Set(words).size, words.length, `a word came twice: ${text}`);
    const missing = [...this.kept].filter((word) => !text.includes(word));
    assert.deepEqual(missing, [], "a word that was stored is gone");
  }
}

function wordsIn(text: string): readonly string[] {
  return text.match(/<\d+>/g) ?? [];
}

class Server {
  document: Document;
  readonly #log: Submission[] = [];
  readonly #newest = new Map<string, number>(); // sequence of each replica
  readonly #room = new Map<string, Page>();

  constructor(state: unknown) {
    this.document = Document.fromJson(state);
  }

  leave(page: Page): void {
    if (this.#room.get(page.replica.replicaId) === page) this.#room.delete(page.replica.replicaId);
  }

  receive(page: Page, message: Join | Submit): void {
    if (message.type === "join") this.#join(page, message);
    else this.#submit(page, message);
  }

  #join(page: Page, { replicaId, version: held, wantsTail }: Join): void {
    const version = this.#log.length;
    const fromHeld = held !== undefined && (wantsTail || version - held < 20);
    const snapshot = fromHeld ? undefined : { version, state: this.document.toJSON() };
    const submissions = fromHeld ? this.#log.slice(held) : [];
    const lastSequence = this.#newest.get(replicaId) ?? 0;
    this.#room.set(replicaId, page);
    const fields = { version, role: "editor", snapshot, submissions, lastSequence, lastVersion: 0 };
    page.hear({ type: "joined", ...fields });
  }

  #submit(page: Page, { sequence, baseVersion, operations }: Submit): void {
    const { replicaId } = page.replica;
    if (this.#room.get(replicaId) !== page) return;
    assert.ok(sequence > (this.#newest.get(replicaId) ?? 0), "a sequence was used twice");
    const history = this.#log.slice(baseVersion).flatMap((each) => each.operations);
    const [earlier, later] = [history, operations].map((list) =>
      list.map((each) => operationFromJson(each, true)),
    );
    try {
      const recorded = applyRecording(this.document, transformPair(earlier!, later!).later);
      this.document = recorded.document;
      this.#newest.set(replicaId, sequence);
      const version = this.#log.length + 1;
      const ids = { replicaId, userId: replicaId, sequence, version, baseVersion, at: 1 };
      this.#log.push({ ...ids, operations: recorded.operations.map(operationToJson) });
      for (const each of this.#room.values()) {
        each.hear({ type: "committed", submissions: this.#log.slice(-1) });
      }
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      const { code, message, fault, retry } = error;
      page.hear({ type: "rejected", sequence, code, message, fault, retry });
    }
  }
}

class Page {
  readonly replica: Replica;
  readonly #world: World;
  readonly #claim: Claim;
  readonly #editing: Editing;
  readonly #typed = new Set<string>(); // and not known to be stored
  #toServer: any[] = [];
  #toClient: any[] = [];
  #toStore: number | null = null;
  #isConnected = false;
  #waits = false;

  static async open(world: World): Promise<Page> {
    return new Page(world, await world.store.claim(BOARD, newUuid()));
  }

  private constructor(world: World, claim: Claim) {
    this.#world = world;
    this.#claim = claim;
    const chance = (): number => world.chance.next();
    const { replicaId, left } = claim;
    this.replica =
      left !== null
        ? Replica.restored(left, chance)
        : new Replica({ dashboardId: BOARD, replicaId, chance, isStored: true });
    this.#editing = new Editing(
      this.replica,
      (orders) => this.#carry(orders),
      () => 0,
    );
  }

  get isSettled(): boolean {
    return ["saved", "conflict"].includes(this.replica.status.state);
  }

  hear(message: object): void {
    const frame = { dashboardId: BOARD, ...message };
    if (this.#isConnected) this.#toClient.push(JSON.parse(JSON.stringify(frame)));
  }

  edit(undoes: boolean): void {
    if (this.replica.version === null) return;
    const { chance } = this.#world;
    const luck = chance.next();
    if (undoes && luck < 0.3) this.#editing.undo();
    else if (undoes && luck < 0.4) this.#editing.redo();
    else if (luck < 0.6) this.#type();
    else {
      const made = makeOperations(chance, this.replica.document, 2);
      try {
        this.#editing.edit(...(written(made) as []));
      } catch (error) {
        assert.equal((error as WeftError).code, "limit_exceeded");
      }
    }
    if (undoes && chance.happens(0.5)) this.#editing.sealUndoStep();
  }

  #type(): void {
    const word = this.#world.nextWord();
    const words = wordsIn(`${this.replica.document.valueAt(LEDGER, TEXT)}`);
    const before = words.slice(0, this.#world.chance.between(0, words.length)).join("");
    this.#editing.insert(LEDGER, TEXT, before.length, word);
    this.#typed.add(word);
  }

  /** One of all that could go on goes on; false: nothing could. */
  progress(): boolean {
    const moves: (() => void)[] = [];
    if (!this.#isConnected) moves.push(() => this.#connect());
    if (this.#waits) moves.push(() => this.#wake());
    if (this.#toServer.length > 0) moves.push(() => this.#arrive());
    if (this.#toClient.length > 0) {
      const message = this.#toClient[0];
      moves.push(() => {
        this.#toClient.shift();
        this.#carry(this.replica.handle({ kind: "received", message }));
      });
    }
    if (moves.length > 0) this.#world.chance.pick(moves)();
    return moves.length > 0;
  }

  /** What was on its way to the server may arrive yet; what comes from it does not. */
  cut(): void {
    if (!this.#isConnected) return;
    for (let left = this.#world.chance.below(3); left > 0 && this.#toServer.length > 0; left -= 1) {
      this.#arrive();
    }
    this.#world.server.leave(this);
    [this.#isConnected, this.#waits, this.#toServer, this.#toClient] = [false, false, [], []];
    this.#carry(this.replica.handle({ kind: "disconnected" }));
  }

  close(): void {
    this.cut();
    this.#world.store.cutOff(this.replica.replicaId);
  }

  async writeStore(): Promise<void> {
    const upTo = this.#toStore;
    if (upTo === null) return;
    this.#toStore = null;
    const change = this.replica.copy.journal.next(this.replica.copy);
    if (change !== null) {
      await this.#claim.write(change);
      for (const word of this.#typed) this.#world.kept.add(word);
      this.#typed.clear();
    }
    this.#carry(this.replica.handle({ kind: "stored", upTo }));
  }

  /** The user is told: a word in it is theirs to type again. */
  #lose(operations: Operations): void {
    for (const word of wordsIn(JSON.stringify(operations))) {
      this.#typed.delete(word);
      this.#world.kept.delete(word);
    }
  }

  #connect(): void {
    this.#isConnected = true;
    this.#carry(this.replica.handle({ kind: "connected" }));
  }

  #wake(): void {
    this.#waits = false;
    this.#carry(this.replica.handle({ kind: "waited" }));
  }

  #arrive(): void {
    this.#world.server.receive(this, this.#toServer.shift());
  }

  #carry(orders: readonly ReplicaInstruction[]): void {
    for (const order of orders) {
      if (order.kind === "send" && this.#isConnected) {
        this.#toServer.push(JSON.parse(JSON.stringify(order.message)));
      }
      if (order.kind === "wait") this.#waits = true;
      if (order.kind === "store") this.#toStore = order.upTo;
      if (order.kind === "notify") this.#lose(order.notice.operations);
      if (order.kind === "finish" || order.kind === "report") throw order.error;
    }
  }
}
