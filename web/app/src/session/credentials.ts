/**
 * A token, and where the next one comes from when it has ended: the demo gives another, and so does
 * the page that shows this one in a frame. One that was given by hand has no next one.
 */

import { type Token, WeftError } from "@weft/client";

import { answerOf } from "./api.ts";
import { tokenOfHost } from "./embedding.ts";

export type Source =
  | { readonly kind: "demo"; readonly username: string }
  | { readonly kind: "host" }
  | { readonly kind: "given" };

export class Credentials {
  readonly source: Source;
  onRenewed: () => void = () => {};
  readonly #embedOrigins: readonly string[];
  #token: string;
  #renewing: Promise<string> | null = null;

  constructor(token: string, source: Source, embedOrigins: readonly string[]) {
    this.#token = token;
    this.source = source;
    this.#embedOrigins = embedOrigins;
  }

  get token(): string {
    return this.#token;
  }

  /** One that is not `ended`; whoever asks meanwhile waits for the same. @throws WeftError. */
  async renewed(ended: string): Promise<string> {
    if (ended !== this.#token) return this.#token;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** The client asks once at the beginning, and again when what it was given has ended. */
  forClient(): Token {
    let given: string | null = null;
    return async () => (given = given === null ? this.#token : await this.renewed(given));
  }

  async #renew(): Promise<string> {
    this.#token = await nextOf(this.source, this.#embedOrigins);
    this.onRenewed();
    return this.#token;
  }
}

async function nextOf(source: Source, embedOrigins: readonly string[]): Promise<string> {
  if (source.kind === "host") return tokenOfHost(embedOrigins);
  if (source.kind === "given") throw new WeftError("unauthenticated", "Your session has ended.");
  const path = `/demo/${encodeURIComponent(source.username)}/session`;
  const { token } = await answerOf<{ token: string }>(await fetch(path, { method: "POST" }));
  return token;
}
