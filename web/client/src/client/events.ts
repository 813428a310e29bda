/**
 * Facts that reach the hearts of a client, in the past tense.
 *
 * Time and chance are arguments: a wait is asked for by an instruction, and `waited` ends it.
 */

import type { WeftError } from "../errors.ts";
import type {
  Acknowledged,
  Committed,
  Ended,
  ErrorMessage,
  Joined,
  Permission,
  PresenceChanged,
  Rejected,
  SnapshotPart,
  Roster,
  Tail,
} from "../wire/messages.ts";

export type DashboardMessage =
  | SnapshotPart
  | Joined
  | Roster
  | PresenceChanged
  | Permission
  | Tail
  | Committed
  | Acknowledged
  | Rejected
  | Ended
  | ErrorMessage;

export type ReplicaEvent =
  /** A connection that has been welcomed is there; nothing of an older one arrives any more. */
  | { readonly kind: "connected" }
  /** The connection is gone; what was under way may or may not have arrived. */
  | { readonly kind: "disconnected" }
  | { readonly kind: "received"; readonly message: DashboardMessage }
  /** The last `wait` is over. */
  | { readonly kind: "waited" }
  /** What `store` asked for, up to that number, outlives this page. */
  | { readonly kind: "stored"; readonly upTo: number }
  /** No connection will come any more. */
  | { readonly kind: "givenUp"; readonly error: WeftError };

export type ConnectionEvent =
  /** The WebSocket handshake is done; `token` is what to say hello with. */
  | { readonly kind: "socketOpened"; readonly token: string }
  /** `token` is the fresh one that `renewToken` asked for. */
  | { readonly kind: "tokenRenewed"; readonly token: string }
  | { readonly kind: "frameReceived"; readonly frame: unknown }
  /** Nothing was heard for a while. */
  | { readonly kind: "fellSilent" }
  /** Closed, cut, or never opened. `code`: as received; null when none was. */
  | {
      readonly kind: "socketClosed";
      readonly code: number | null;
      readonly reason: string;
      readonly lastedSeconds: number; // since it was opened
    }
  /** No socket could even be asked for: the token, or the address, is of no use. */
  | { readonly kind: "openingRefused"; readonly error: WeftError }
  | { readonly kind: "replicaWaited"; readonly dashboardId: string };
