/**
 * Waits that grow, bounded and jittered, so that a server that returns is not met by all at once.
 *
 * Chance is an argument: a function that returns a number in [0, 1).
 */

import {
  RECONNECT_FIRST_SECONDS,
  RECONNECT_MAX_SECONDS,
  RECONNECT_QUICK_ATTEMPTS,
  RECONNECT_QUICK_MAX_SECONDS,
} from "../wire/tables.ts";

export type Chance = () => number;

/**
 * Each wait is drawn from the upper half of a span that doubles up to the maximum.
 *
 * On its way there it rests for some attempts: who was killed is back within seconds, and the wait
 * shall not be as long again as the outage was.
 */
export class Backoff {
  attempts = 0; // since the last success
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** The wait before the next attempt; `atLeastMs` is what the server asked for. */
  nextSeconds(atLeastMs = 0): number {
    const late = this.attempts - RECONNECT_QUICK_ATTEMPTS + 1;
    const span =
      late > 0
        ? Math.min(RECONNECT_QUICK_MAX_SECONDS * 2 ** late, RECONNECT_MAX_SECONDS)
        : Math.min(RECONNECT_FIRST_SECONDS * 2 ** this.attempts, RECONNECT_QUICK_MAX_SECONDS);
    this.attempts = Math.min(this.attempts + 1, 32);
    return atLeastMs / 1000 + span * (0.5 + 0.5 * this.#chance());
  }

  reset(): void {
    this.attempts = 0;
  }
}
