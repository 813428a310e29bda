/**
 * What comes between a join and `joined`, when much was missed: parts of a snapshot, and pages.
 *
 * Pages are taken in as they come; what follows a snapshot in parts is held until `joined`, which
 * alone says what of this replica is in the snapshot.
 */

import { WeftError } from "../errors.ts";
import type { Joined, SnapshotPart, Submission, Tail } from "../wire/messages.ts";
import type { Progress } from "./instructions.ts";

export class CatchingUp {
  #start: number;
  readonly #texts: string[] = [];
  #newest: SnapshotPart | null = null;
  readonly #held: Submission[] = [];

  /** `version`: what is held when the join is sent. */
  constructor(version: number | null) {
    this.#start = version ?? 0;
  }

  get holdsPages(): boolean {
    return this.#newest !== null;
  }

  /** @throws WeftError when it is a part, and not the next one. */
  take(message: SnapshotPart | Tail): Progress {
    return message.type === "snapshot" ? this.#takePart(message) : this.#takePage(message);
  }

  #takePart(part: SnapshotPart): Progress {
    const isNext = part.part === this.#texts.length + 1;
    if (!isNext || part.version !== (this.#newest?.version ?? part.version)) {
      throw new WeftError("internal", "A part of the snapshot is missing.");
    }
    this.#texts.push(part.text);
    this.#newest = part;
    this.#start = part.version;
    return { kind: "progress", of: "parts", done: part.part, total: part.parts };
  }

  /** `holdsPages`: its submissions come with what `completed` returns. */
  #takePage({ submissions, headVersion }: Tail): Progress {
    if (this.holdsPages) this.#held.push(...submissions);
    const newest = submissions.at(-1)?.version ?? this.#start;
    const done = newest - this.#start;
    return { kind: "progress", of: "versions", done, total: headVersion - this.#start };
  }

  /** With what came in parts as if at once. @throws WeftError when a part is missing. */
  completed(joined: Joined): Joined {
    if (this.#newest === null) return joined;
    const { part, parts, version } = this.#newest;
    if (part !== parts) throw new WeftError("internal", "The snapshot is not complete.");
    const snapshot = { version, state: JSON.parse(this.#texts.join("")) };
    return { ...joined, snapshot, submissions: [...this.#held, ...joined.submissions] };
  }
}
