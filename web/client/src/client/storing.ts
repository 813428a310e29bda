/**
 * Law 3 over a closed tab: a submission leaves only once it is stored as in flight.
 *
 * A later life of the replica must know all that an earlier one may have sent.
 */

export class Storing {
  readonly isWanted: boolean;
  #steps = 0; // how often something may have changed that is stored
  #launchedAt = 0; // the step that put in flight what is there
  #storedUpTo = 0;
  #holdsBack = false;

  constructor(isWanted: boolean) {
    this.isWanted = isWanted;
  }

  /** In the step under way something was put in flight, or put in other terms. */
  launched(): void {
    this.#launchedAt = this.#steps + 1;
  }

  /** Did that happen in the step under way? */
  get hasLaunched(): boolean {
    return this.#launchedAt > this.#steps;
  }

  /** May what is in flight be sent? If not, `stored` tells when. */
  lets(): boolean {
    this.#holdsBack = this.isWanted && this.#storedUpTo < this.#launchedAt;
    return !this.#holdsBack;
  }

  /** The number of the step that is over now. */
  step(): number {
    this.#steps += 1;
    return this.#steps;
  }

  /** Whether something waited for this. */
  stored(upTo: number): boolean {
    this.#storedUpTo = Math.max(this.#storedUpTo, upTo);
    return this.#holdsBack && this.#storedUpTo >= this.#launchedAt;
  }
}
