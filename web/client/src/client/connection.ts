/**
 * The heart of a client's connection: one socket after another, and the replicas that share it.
 *
 * Law 7: it never tries again what cannot help; the error reaches the application. What can help is
 * tried after growing, jittered waits.
 *
 *     idle ──▶ opening ──opened──▶ greeting ──welcome──▶ open
 *                 ▲ ◀──────────── closed, cut ────────────┘        ──never──▶ over
 */

import { type Code, WeftError } from "../errors.ts";
import { decodeServerFrame, encode } from "../wire/codec.ts";
import type { ClientMessage, Retry, ServerMessage } from "../wire/messages.ts";
import { CLOSE_CODES, PROTOCOL_VERSION, RECONNECT_MAX_SECONDS } from "../wire/tables.ts";
import { errorIn } from "./answers.ts";
import { Backoff, type Chance } from "./backoff.ts";
import type { ConnectionEvent, DashboardMessage, ReplicaEvent } from "./events.ts";
import type {
  ConnectionInstruction,
  FeedRefused,
  ReplicaInstruction,
  ShowLive,
} from "./instructions.ts";
import type { Replica } from "./replica.ts";

/**
 * idle: nothing was asked for yet.
 * opening: a socket is being opened, perhaps after a wait.
 * greeting: hello was said.
 * open: welcomed.
 * over: closed by the user, or trying again cannot help.
 */
export type Link = "idle" | "opening" | "greeting" | "open" | "over";

const NORMAL = 1000;
const GOING_AWAY = 1001;
const UNAUTHENTICATED = 4401;
const CODE_OF_CLOSE: { readonly [close: number]: Code } = {
  [NORMAL]: "going_away",
  1009: "too_large",
  [UNAUTHENTICATED]: "unauthenticated",
  4406: "unsupported_protocol",
};

/** `handle` what happens to the socket; `carry` what a replica wants after an edit. */
export class Connection {
  readonly replicas = new Map<string, Replica>();
  link: Link = "idle";
  error: WeftError | null = null; // why it is over
  readonly #client: string;
  readonly #backoff: Backoff;
  #connectionId = "";
  #refused: WeftError | null = null; // what the server said before it closed
  #notBeforeMs = 0; // what the server asked for
  #tokenRefused = false; // and the next one is the last that is tried
  #isAsking = false; // whether anybody is there

  constructor(chance: Chance, client: string) {
    this.#client = client;
    this.#backoff = new Backoff(chance);
  }

  open(): ConnectionInstruction[] {
    this.link = "opening";
    return [{ kind: "openSocket", afterSeconds: 0, renewToken: false }];
  }

  /** The user wants no more of it. */
  close(): ConnectionInstruction[] {
    const told = this.#tellAll({ kind: "disconnected" });
    this.link = "over";
    return [{ kind: "closeSocket", code: NORMAL }, ...told];
  }

  add(replica: Replica): ConnectionInstruction[] {
    this.replicas.set(replica.dashboardId, replica);
    return this.link === "open" ? this.#tell(replica, { kind: "connected" }) : [];
  }

  /** What a replica's instructions mean for the socket and the application. */
  carry(replica: Replica, instructions: readonly ReplicaInstruction[]): ConnectionInstruction[] {
    return instructions.flatMap((instruction): ConnectionInstruction[] => {
      const { dashboardId } = replica;
      switch (instruction.kind) {
        case "send":
          return this.link === "open" ? [frameOf(instruction.message)] : [];
        case "wait":
          return [{ kind: "waitFor", dashboardId, seconds: instruction.seconds }];
        case "reauthenticate":
          return this.link === "open" ? this.#reopen(UNAUTHENTICATED) : [];
        case "finish":
          this.replicas.delete(dashboardId);
          return [{ kind: "tell", dashboardId, instruction }];
        default:
          return [{ kind: "tell", dashboardId, instruction }];
      }
    });
  }

  handle(event: ConnectionEvent): ConnectionInstruction[] {
    if (this.link === "over") return [];
    switch (event.kind) {
      case "socketOpened":
        return this.#greet(event.token);
      case "tokenRenewed":
        return this.link === "open" ? [frameOf({ type: "authenticate", token: event.token })] : [];
      case "frameReceived": // what still comes from a socket that was left is not heard
        return this.#isListening ? this.#receive(event.frame) : [];
      case "fellSilent":
        return this.#isListening ? this.#ask() : [];
      case "socketClosed":
        // A server that only flaps is spared.
        if (event.lastedSeconds >= RECONNECT_MAX_SECONDS) this.#backoff.reset();
        return this.#closed(event.code, event.reason);
      case "openingRefused":
        return this.giveUp(event.error);
      case "replicaWaited": {
        const replica = this.replicas.get(event.dashboardId);
        return replica === undefined ? [] : this.#tell(replica, { kind: "waited" });
      }
    }
  }

  // --- frames -----------------------------------------------------------------------------------

  get #isListening(): boolean {
    return this.link === "greeting" || this.link === "open";
  }

  #greet(token: string): ConnectionInstruction[] {
    this.link = "greeting";
    this.#refused = null;
    this.#isAsking = false;
    const protocol = [PROTOCOL_VERSION];
    return [frameOf({ type: "hello", protocol, token, client: this.#client })];
  }

  /** Is anybody there? A network that went away does not say so. */
  #ask(): ConnectionInstruction[] {
    if (this.#isAsking) return this.#reopen(GOING_AWAY);
    this.#isAsking = true;
    return this.link === "open" ? [frameOf({ type: "ping" })] : [];
  }

  #receive(frame: unknown): ConnectionInstruction[] {
    this.#isAsking = false;
    let message: ServerMessage;
    try {
      message = decodeServerFrame(frame);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      return this.giveUp(error); // a server that this client does not understand
    }
    switch (message.type) {
      case "welcome":
        this.#connectionId = message.connectionId;
        this.link = "open";
        this.#tokenRefused = false;
        return this.#tellAll({ kind: "connected" });
      case "reauthenticate":
        return [{ kind: "renewToken" }];
      case "notice":
        return [{ kind: "announce", text: message.text }];
      case "authenticated":
      case "pong":
        return [];
      case "goaway":
        this.#notBeforeMs = message.retryAfterMs ?? 0;
        return this.#reopen(GOING_AWAY);
      case "error":
        if (message.about?.dashboardId === undefined) {
          this.#refused = errorIn(message);
          this.#notBeforeMs = message.retryAfterMs ?? 0;
          return [];
        }
        if (message.about.widgetId !== undefined) {
          const { dashboardId, widgetId } = message.about;
          return this.#show(dashboardId, {
            kind: "feedRefused",
            widgetId,
            error: errorIn(message),
          });
        }
        return this.#passOn(message.about.dashboardId, message);
      case "data":
        return this.#showLive(message.dashboardId, message.values, false);
      case "joined":
        return [
          ...this.#passOn(message.dashboardId, message),
          ...this.#showLive(message.dashboardId, message.live ?? {}, true),
        ];
      default:
        return this.#passOn(message.dashboardId, message);
    }
  }

  #passOn(dashboardId: string, message: DashboardMessage): ConnectionInstruction[] {
    const replica = this.replicas.get(dashboardId);
    return replica === undefined ? [] : this.#tell(replica, { kind: "received", message });
  }

  #showLive(
    dashboardId: string,
    values: ShowLive["values"],
    anew: boolean,
  ): ConnectionInstruction[] {
    return this.#show(dashboardId, { kind: "showLive", values, anew });
  }

  #show(dashboardId: string, instruction: ShowLive | FeedRefused): ConnectionInstruction[] {
    return this.replicas.has(dashboardId) ? [{ kind: "tell", dashboardId, instruction }] : [];
  }

  // --- the end of a socket ----------------------------------------------------------------------

  #closed(code: number | null, reason: string): ConnectionInstruction[] {
    const retry = retryAfter(code);
    const refused = this.#refused;
    this.#refused = null;
    if (retry === "never") {
      const name = CODE_OF_CLOSE[code ?? 0] ?? "invalid_message";
      return this.giveUp(refused ?? new WeftError(name, `Closed with ${code} ${reason}.`));
    }
    if (retry === "reauthenticate") {
      if (this.#tokenRefused) return this.giveUp(refused ?? new WeftError("unauthenticated"));
      this.#tokenRefused = true;
    }
    const told = this.#tellAll({ kind: "disconnected" });
    this.link = "opening";
    const afterSeconds = this.#backoff.nextSeconds(this.#notBeforeMs);
    this.#notBeforeMs = 0;
    return [...told, { kind: "openSocket", afterSeconds, renewToken: retry === "reauthenticate" }];
  }

  /** Leave this socket for another one; the shell need not tell that it has closed. */
  #reopen(code: number): ConnectionInstruction[] {
    return [{ kind: "closeSocket", code }, ...this.#closed(code, "")];
  }

  /** Trying again cannot help: tell everyone. */
  giveUp(error: WeftError): ConnectionInstruction[] {
    this.error = error;
    this.link = "over";
    const told = this.#tellAll({ kind: "givenUp", error });
    return [{ kind: "closeSocket", code: NORMAL }, ...told, { kind: "fail", error }];
  }

  #tellAll(event: ReplicaEvent): ConnectionInstruction[] {
    return [...this.replicas.values()].flatMap((replica) => this.#tell(replica, event));
  }

  #tell(replica: Replica, event: ReplicaEvent): ConnectionInstruction[] {
    const heard = this.carry(replica, replica.handle(event));
    const { attendance } = replica.copy;
    return [...heard, ...this.carry(replica, attendance.handle(event, this.#connectionId))];
  }
}

function frameOf(message: ClientMessage): ConnectionInstruction {
  return { kind: "sendFrame", frame: encode(message) };
}

/** What trying again takes; a cut without a known code (1006, none) is a lost network. */
function retryAfter(code: number | null): Retry {
  return CLOSE_CODES[code ?? 0]?.[1] ?? "rejoin";
}
