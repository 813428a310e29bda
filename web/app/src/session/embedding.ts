/**
 * A product that shows this page in a frame of its own says who its user is: it is asked with
 * `{type: "weft:token-wanted"}`, at the beginning and whenever a token has ended, and answers with
 * `{type: "weft:token", token}`. Only the origins that the server names are believed.
 */

import { WeftError } from "@weft/client";

const ASK_EVERY_MS = 500; // the page around this one may still be loading
const PATIENCE_MS = 30_000;

export function isFramed(): boolean {
  return window.parent !== window;
}

/** @throws WeftError unauthenticated: it does not answer. */
export function tokenOfHost(origins: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const ask = (): void => window.parent.postMessage({ type: "weft:token-wanted" }, "*");
    const asking = setInterval(ask, ASK_EVERY_MS);
    const timer = setTimeout(() => end(), PATIENCE_MS);
    const end = (token?: string): void => {
      clearInterval(asking);
      clearTimeout(timer);
      removeEventListener("message", hear);
      if (token !== undefined) resolve(token);
      else reject(new WeftError("unauthenticated", "The page around this one gives no token."));
    };
    const hear = ({ origin, source, data }: MessageEvent): void => {
      if (source !== window.parent || !origins.includes(origin)) return;
      const token = tokenIn(data);
      if (token !== null) end(token);
    };
    addEventListener("message", hear);
    ask();
  });
}

function tokenIn(data: unknown): string | null {
  const { type, token } = (data ?? {}) as { readonly type?: unknown; readonly token?: unknown };
  return type === "weft:token" && typeof token === "string" ? token : null;
}
