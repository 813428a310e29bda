/**
 * The client's socket: carries out what the hearts of the connection and its replicas order.
 */

import { WeftError } from "../errors.ts";
import {
  CLOSE_SAVE_TIMEOUT_SECONDS,
  OPEN_TIMEOUT_SECONDS,
  PING_INTERVAL_SECONDS,
} from "../wire/tables.ts";
import { Board } from "./board_loop.ts";
import { Connection, type Link } from "./connection.ts";
import type { ConnectionEvent } from "./events.ts";
import type { ConnectionInstruction, OpenSocket, ReplicaInstruction } from "./instructions.ts";
import { Replica } from "./replica.ts";
import { Silence } from "./silence.ts";
import type { Claim, ReplicaStore } from "./store.ts";
import { newUuid } from "./uuid.ts";

/** A session token, or a function that gets one: again when the old one ends, or has ended. */
export type Token = string | (() => string | Promise<string>);

export interface ClientOptions {
  readonly token: Token;
  /** Where unsent edits outlive the page; without, they do not. */
  readonly store?: ReplicaStore;
  /** What the host product wants this user to know. */
  readonly onNotice?: (text: string) => void;
  /** Tells the server who speaks. */
  readonly client?: string;
}

type Timer = ReturnType<typeof setTimeout>;

/** `const client = connect("wss://host/", { token })`. Opens in the background, and stays open. */
export function connect(url: string, options: ClientOptions): Client {
  return new Client(url, options);
}

/** A connection that mends itself, and the boards on it. Made by `connect`. */
export class Client {
  readonly #url: string;
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  readonly #boards = new Map<string, Promise<Board>>();
  readonly #open = new Map<string, Board>();
  readonly #waits = new Map<string, Timer>();
  #socket: WebSocket | null = null;
  #opening: { readonly order: OpenSocket; readonly timer: Timer } | null = null;
  #wordTimer: Timer | undefined;
  #wordDueMs = 0; // when it is over, by the clock that nobody sets
  #openedAtMs = Number.POSITIVE_INFINITY; // by the same
  readonly #silence = new Silence();
  #token: string | null = null;

  constructor(url: string, options: ClientOptions) {
    this.#url = url;
    this.#options = options;
    this.#connection = new Connection(Math.random, options.client ?? "weft-js");
    globalThis.addEventListener?.("online", this.#hurry);
    globalThis.addEventListener?.("offline", this.#cutOff);
    this.#carry(this.#connection.open());
  }

  /** Is the server there? Each board has its own status. */
  get link(): Link {
    return this.#connection.link;
  }

  /** Why the connection is over; null: it is not, or was closed. */
  get error(): WeftError | null {
    return this.#connection.error;
  }

  /**
   * Follow a dashboard; one that this client has joined already is returned again. Resolves as soon
   * as there is something to show, which may have been stored. Rejects with a WeftError when the
   * server refuses.
   */
  async join(dashboardId: string): Promise<Board> {
    const known = this.#boards.get(dashboardId);
    const open = this.#open.get(dashboardId);
    if (known !== undefined && !open?.isOver && !open?.leaving) return known;
    const board = this.#begin(dashboardId);
    this.#boards.set(dashboardId, board);
    board.catch(() => this.#boards.delete(dashboardId));
    return board;
  }

  /** Wait, so long at most, until everything is saved; then close. True: it is. */
  async close(timeoutSeconds = CLOSE_SAVE_TIMEOUT_SECONDS): Promise<boolean> {
    const boards = [...this.#open.values()];
    const settled = boards.map((board) =>
      board.until(() => board.isOver || board.status.pending === 0),
    );
    await Promise.race([Promise.all(settled), seconds(timeoutSeconds)]);
    const isSaved = boards.every((board) => board.status.pending === 0);
    globalThis.removeEventListener?.("online", this.#hurry);
    globalThis.removeEventListener?.("offline", this.#cutOff);
    if (this.#connection.link !== "over") this.#carry(this.#connection.close());
    for (const timer of this.#waits.values()) clearTimeout(timer);
    clearTimeout(this.#opening?.timer);
    clearTimeout(this.#wordTimer);
    await Promise.all(boards.map((board) => board.released()));
    return isSaved;
  }

  async #begin(dashboardId: string): Promise<Board> {
    const before = this.#open.get(dashboardId);
    await before?.leaving; // who comes back at once goes on with what it left
    if (before?.isOver) await before.released();
    const claim = await this.#claim(dashboardId);
    if (this.#connection.link === "over") {
      await claim?.release();
      throw this.error ?? new WeftError("not_joined", "The client is closed.");
    }
    const replica = replicaOf(dashboardId, claim);
    const board = new Board(replica, claim, (orders) => this.#carryFor(replica, orders));
    this.#open.set(dashboardId, board);
    this.#carry(this.#connection.add(replica));
    const isOver = (): boolean => board.isOver || this.link === "over";
    await board.until(() => board.version !== null || isOver());
    if (board.version === null) {
      await board.released();
      throw board.status.error ?? new WeftError("not_joined");
    }
    return board;
  }

  async #claim(dashboardId: string): Promise<Claim | null> {
    try {
      return (await this.#options.store?.claim(dashboardId, newUuid())) ?? null;
    } catch (error) {
      console.warn("weft: unsent edits will not outlive this page.", error);
      return null;
    }
  }

  // --- the hearts' orders -----------------------------------------------------------------------

  #handle(event: ConnectionEvent): void {
    this.#carry(this.#connection.handle(event));
  }

  #carryFor(replica: Replica, instructions: readonly ReplicaInstruction[]): void {
    this.#carry(this.#connection.carry(replica, instructions));
  }

  #carry(instructions: readonly ConnectionInstruction[]): void {
    for (const order of instructions) {
      switch (order.kind) {
        case "sendFrame":
          this.#say(order.frame);
          break;
        case "closeSocket":
          this.#leaveSocket(order.code);
          break;
        case "openSocket":
          this.#opening = { order, timer: this.#openAfter(order.afterSeconds, order) };
          break;
        case "announce":
          this.#options.onNotice?.(order.text);
          break;
        case "renewToken":
          void this.#renewToken();
          break;
        case "waitFor":
          clearTimeout(this.#waits.get(order.dashboardId));
          this.#waits.set(order.dashboardId, this.#wake(order.dashboardId, order.seconds));
          break;
        case "tell":
          this.#open.get(order.dashboardId)?.tell(order.instruction);
          break;
        case "fail":
          console.error("weft: the connection is given up.", order.error);
      }
    }
    for (const board of [...this.#open.values()]) board.step();
  }

  #wake(dashboardId: string, after: number): Timer {
    return setTimeout(() => this.#handle({ kind: "replicaWaited", dashboardId }), after * 1000);
  }

  // --- the socket -------------------------------------------------------------------------------

  #openAfter(after: number, order: OpenSocket): Timer {
    return setTimeout(() => {
      this.#opening = null;
      void this.#openSocket(order.renewToken);
    }, after * 1000);
  }

  /** The network is back: no need to wait. */
  readonly #hurry = (): void => {
    if (this.#opening === null) return;
    const { order, timer } = this.#opening;
    clearTimeout(timer);
    this.#opening = { order, timer: this.#openAfter(0, order) };
  };

  /** The network is gone: people are told at once, and not when the server has been silent. */
  readonly #cutOff = (): void => {
    if (this.#socket === null) return;
    this.#leaveSocket(NORMAL);
    this.#fail("offline");
  };

  async #openSocket(renewToken: boolean): Promise<void> {
    let token: string;
    try {
      token = await this.#fetchToken(renewToken);
    } catch (fault) {
      if (fault instanceof WeftError) this.#refuse(fault);
      else this.#fail(`${fault}`); // as a rule there is no network now
      return;
    }
    if (this.#connection.link !== "opening") return;
    try {
      this.#listenTo(new WebSocket(this.#url), token);
    } catch (fault) {
      this.#refuse(new WeftError("misconfigured", `${fault}`)); // no address of a server
    }
  }

  /** Or not: then the socket ends with its token, and the next one is opened with another. */
  async #renewToken(): Promise<void> {
    try {
      this.#handle({ kind: "tokenRenewed", token: await this.#fetchToken(true) });
    } catch (fault) {
      console.warn("weft: no fresh token.", fault);
    }
  }

  #refuse(error: WeftError): void {
    this.#handle({ kind: "openingRefused", error });
  }

  #fail(reason: string): void {
    this.#handle({ kind: "socketClosed", code: null, reason, lastedSeconds: 0 });
  }

  #listenTo(socket: WebSocket, token: string): void {
    this.#openedAtMs = Number.POSITIVE_INFINITY;
    this.#socket = socket;
    this.#expectWord(OPEN_TIMEOUT_SECONDS);
    socket.onopen = () => {
      this.#openedAtMs = performance.now(); // a clock that nobody sets
      this.#handle({ kind: "socketOpened", token });
    };
    socket.onmessage = ({ data }) => {
      this.#expectWord(PING_INTERVAL_SECONDS);
      this.#handle({ kind: "frameReceived", frame: data });
    };
    socket.onclose = ({ code, reason }) => {
      this.#forget(socket);
      this.#handle({ kind: "socketClosed", code, reason, lastedSeconds: this.#lastedSeconds });
    };
  }

  get #lastedSeconds(): number {
    return Math.max(0, (performance.now() - this.#openedAtMs) / 1000);
  }

  /** What was said to a server that has vanished is said to another one soon. */
  #say(frame: string): void {
    this.#socket?.send(frame);
    const { seconds } = this.#silence;
    const isSoon = performance.now() + seconds * 1000 >= this.#wordDueMs;
    if (this.#connection.link === "open" && !isSoon) this.#expectWord(seconds);
  }

  /** Tell the heart when nothing is heard for so long. */
  #expectWord(within: number): void {
    clearTimeout(this.#wordTimer);
    this.#wordDueMs = performance.now() + within * 1000;
    this.#wordTimer = setTimeout(() => {
      if (this.#connection.link === "opening") {
        this.#leaveSocket(NORMAL);
        this.#fail("no answer");
      } else {
        const socket = this.#socket;
        const isOpen = this.#connection.link === "open"; // else a busy server may take its time
        this.#expectWord(isOpen ? this.#silence.seconds : OPEN_TIMEOUT_SECONDS);
        this.#handle({ kind: "fellSilent" });
        if (isOpen && this.#socket !== socket) this.#silence.left(this.#lastedSeconds);
      }
    }, within * 1000);
  }

  #leaveSocket(code: number): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#forget(socket);
    socket.close(code === NORMAL || code >= 3000 ? code : NORMAL); // what a page may say
  }

  #forget(socket: WebSocket): void {
    socket.onopen = socket.onmessage = socket.onclose = null;
    clearTimeout(this.#wordTimer);
    this.#socket = null;
  }

  async #fetchToken(renew: boolean): Promise<string> {
    const { token } = this.#options;
    if (typeof token === "string") {
      if (renew) throw new WeftError("unauthenticated");
      return token;
    }
    if (renew) this.#token = null;
    this.#token ??= await token();
    return this.#token;
  }
}

const NORMAL = 1000;

function replicaOf(dashboardId: string, claim: Claim | null): Replica {
  const chance = Math.random;
  try {
    if (claim?.left) return Replica.restored(claim.left, chance);
  } catch (error) {
    console.error("weft: stored edits cannot be read, and are lost.", error);
  }
  const replicaId = claim?.replicaId ?? newUuid();
  return new Replica({ dashboardId, replicaId, chance, isStored: claim !== null });
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}
