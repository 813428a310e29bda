/**
 * How long a server may say nothing after something was said to it, before it is asked, and again
 * before it is left.
 *
 * Law 7's last word, never a reconnect loop: over a slow network a large frame takes longer than
 * that. So whoever has just left in vain gives the next socket twice as long.
 */

import {
  ANSWER_TIMEOUT_DOUBLINGS_MAX,
  ANSWER_TIMEOUT_SECONDS,
  SILENCE_FORGOTTEN_SECONDS,
} from "../wire/tables.ts";

export class Silence {
  #left = 0; // times in a row

  get seconds(): number {
    return ANSWER_TIMEOUT_SECONDS * 2 ** Math.min(this.#left, ANSWER_TIMEOUT_DOUBLINGS_MAX);
  }

  /** A socket that has lasted so long was left because of it. */
  left(lastedSeconds: number): void {
    if (lastedSeconds > SILENCE_FORGOTTEN_SECONDS) this.#left = 0;
    this.#left += 1;
  }
}
