/**
 * Law 7 in a page: an address out of a document is only ever opened when it is one of the web.
 *
 * The server checks what comes over HTTP; live edits may hold anything, so it is checked here.
 */

const WEB =
  /^https?:\/\/(\[[0-9a-f:.]+\]|[^\x00-\x20\x7f/?#@:\\[\]]+)(:\d{1,5})?([/?#][^\x00-\x20\x7f\\]*)?$/i;
const IMAGE = /^data:image\/(png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/]+={0,2}$/;

/** An http(s) address without user and password, or null. */
export function safeWebUrl(value: unknown): string | null {
  return typeof value === "string" && value.length <= 2048 && WEB.test(value) ? value : null;
}

/** That, or a small raster image in the document itself. */
export function safeImageUrl(value: unknown): string | null {
  if (typeof value === "string" && value.length <= 65_536 && IMAGE.test(value)) return value;
  return safeWebUrl(value);
}

/** What this page's policy lets media and frames come from. */
export function isSecure(url: string): boolean {
  return url.startsWith("https:") || url.startsWith("data:");
}
