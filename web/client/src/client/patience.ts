/**
 * How long a replica waits before it takes a server at its word.
 *
 * After a crash an owner that was replaced may still answer, and know less than this replica; an
 * earlier life of it may still be connected. Such things pass, so a replica asks again, after
 * growing waits, before it gives anything up.
 */

import type { WeftError } from "../errors.ts";
import { JOIN_PATIENCE_ATTEMPTS } from "../wire/tables.ts";
import { Backoff, type Chance } from "./backoff.ts";

export class Patience {
  readonly backoff: Backoff;
  startsAfresh = false; // what is held is of no use: join as if nothing were
  #conflicts = 0; // since it was connected

  constructor(chance: Chance) {
    this.backoff = new Backoff(chance);
  }

  connected(): void {
    this.#conflicts = 0;
  }

  /**
   * Does the server not have what this replica has seen?
   *
   * Another join finds the new owner. What stays behind has really lost versions, and is followed.
   */
  isBehind(held: number | null, told: number): boolean {
    const behind = held !== null && told < held;
    this.startsAfresh ||= behind && this.backoff.attempts >= JOIN_PATIENCE_ATTEMPTS;
    return behind && !this.startsAfresh;
  }

  /** An older copy of it may have got through: the next `joined` tells, unless it goes on. */
  doubts(error: WeftError): boolean {
    return error.code === "id_reused" && this.backoff.attempts < JOIN_PATIENCE_ATTEMPTS;
  }

  /**
   * Another life of this replica has joined: as a rule an earlier one, that is dying.
   *
   * Or the log no longer reaches back to what is held, which only starting afresh helps.
   */
  survivesConflict(canStartAfresh: boolean): boolean {
    this.#conflicts += 1;
    if (this.#conflicts <= JOIN_PATIENCE_ATTEMPTS) return true;
    this.startsAfresh = canStartAfresh;
    return canStartAfresh;
  }
}
