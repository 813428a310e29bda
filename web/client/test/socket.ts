/** A socket as the client under test sees it; the test speaks for the server. */

import { BOARD, ME, STATE } from "./conversation.ts";

/** The browser's end of a socket; the test is the other one. */
export class Socket {
  static made: Socket[] = [];
  readonly url: string;
  said: any[] = [];
  closedWith: number | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(url: string) {
    if (!url.startsWith("ws")) throw new SyntaxError("no address of a server");
    this.url = url;
    Socket.made.push(this);
  }

  send(frame: string): void {
    this.said.push(JSON.parse(frame));
  }

  close(code: number): void {
    this.closedWith = code;
  }

  // --- the server's side ---

  says(type: string, fields: object): void {
    this.onmessage?.({ data: JSON.stringify({ type, dashboardId: BOARD, ...fields }) });
  }

  welcomes(): void {
    this.onopen?.();
    const ids = { connectionId: "c1", userId: ME, limits: {} };
    this.says("welcome", { protocol: 1, serverTime: 1, ...ids });
  }

  joins(version = 0, more: object = { snapshot: { version: 0, state: STATE } }): void {
    const counts = { lastSequence: 0, lastVersion: 0 };
    this.says("joined", { version, role: "editor", submissions: [], ...counts, ...more });
  }

  /** The types of what was said since the last time. */
  heard(): string[] {
    return this.said.splice(0).map(({ type }) => type);
  }
}
