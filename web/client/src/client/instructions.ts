/** Orders that leave the hearts of a client, in the imperative; to be carried out in order. */

import type { WeftError } from "../errors.ts";
import type { Operations } from "../ot/operation.ts";
import type { Feed, Join, Leave, Live, SetPresence, Submit } from "../wire/messages.ts";
import type { Notice } from "./notices.ts";
import type { Rights } from "./rights.ts";

export type Origin = "local" | "remote" | "rejected" | "snapshot";

// --- of one replica -----------------------------------------------------------------------------

export interface Send {
  readonly kind: "send";
  readonly message: Join | Leave | Submit | Feed | SetPresence;
}

/** Answer with `waited` after so long. A newer one replaces it; a lost connection ends it. */
export interface Wait {
  readonly kind: "wait";
  readonly seconds: number;
}

/** Store what the replica's journal says; answer with `stored` and this number. */
export interface Store {
  readonly kind: "store";
  readonly upTo: number;
}

/** The view has changed by `operations`; `snapshot`: it is another one altogether. */
export interface Show {
  readonly kind: "show";
  readonly origin: Origin;
  readonly operations: Operations;
  readonly userId: string | null;
}

export interface Notify {
  readonly kind: "notify";
  readonly notice: Notice;
}

/** What the user may do from now on. */
export interface Permit {
  readonly kind: "permit";
  readonly rights: Rights;
}

/** Catching up with much that was missed: `done` of `total` parts of a snapshot, or versions. */
export interface Progress {
  readonly kind: "progress";
  readonly of: "parts" | "versions";
  readonly done: number;
  readonly total: number;
}

/** Others have come, gone or moved. */
export interface ShowPresence {
  readonly kind: "presence";
}

/** Live values have come, by widget. `anew`: these are all there are. */
export interface ShowLive {
  readonly kind: "showLive";
  readonly values: { readonly [widgetId: string]: Live };
  readonly anew: boolean;
}

/** A value that was fed was not taken. */
export interface FeedRefused {
  readonly kind: "feedRefused";
  readonly widgetId: string;
  readonly error: WeftError;
}

/** Log a fault, of this client or of the server; the replica does what can be done. */
export interface Report {
  readonly kind: "report";
  readonly error: unknown;
}

/** The dashboard is over for this replica; `error` null: it was left. */
export interface Finish {
  readonly kind: "finish";
  readonly error: WeftError | null;
}

/** Open a new connection with a new token. */
export interface Reauthenticate {
  readonly kind: "reauthenticate";
}

export type ReplicaInstruction =
  | Send
  | Wait
  | Store
  | Show
  | Notify
  | Permit
  | ShowPresence
  | Progress
  | Report
  | Finish
  | Reauthenticate;

// --- of the connection --------------------------------------------------------------------------

/** Connect after so long, with a new token if the old one is of no use. */
export interface OpenSocket {
  readonly kind: "openSocket";
  readonly afterSeconds: number;
  readonly renewToken: boolean;
}

export interface SendFrame {
  readonly kind: "sendFrame";
  readonly frame: string;
}

export interface CloseSocket {
  readonly kind: "closeSocket";
  readonly code: number;
}

/** Get a fresh token, and answer with `tokenRenewed`: this socket's ends soon. */
export interface RenewToken {
  readonly kind: "renewToken";
}

/** The host product has something for the user to read. */
export interface Announce {
  readonly kind: "announce";
  readonly text: string;
}

/** Answer with `replicaWaited` after so long; a newer one of this dashboard replaces it. */
export interface WaitFor {
  readonly kind: "waitFor";
  readonly dashboardId: string;
  readonly seconds: number;
}

/** Hand this to whoever uses the dashboard. */
export interface Tell {
  readonly kind: "tell";
  readonly dashboardId: string;
  readonly instruction:
    | Show
    | Notify
    | Permit
    | ShowPresence
    | Progress
    | ShowLive
    | FeedRefused
    | Report
    | Finish
    | Store;
}

/** No connection will come: trying again cannot help. */
export interface Fail {
  readonly kind: "fail";
  readonly error: WeftError;
}

export type ConnectionInstruction =
  OpenSocket | SendFrame | CloseSocket | RenewToken | Announce | WaitFor | Tell | Fail;
