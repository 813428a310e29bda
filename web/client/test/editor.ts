/**
 * Two people in one process, for a session with Python clients over real sockets.
 *
 *     node editor.ts '{"url", "tokens", "dashboardId", "widget", "edits"}'
 *
 * Each types words and now and then loses the connection; prints the newest version each has, waits
 * for a line with the version to reach, and prints each document.
 */

import { once } from "node:events";
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import { connect } from "../src/index.ts";
import type { Board } from "../src/index.ts";

const TEXT = ["config", "text"];
const sockets = new Set<WebSocket>();

globalThis.WebSocket = class extends WebSocket {
  constructor(url: string | URL) {
    super(url);
    sockets.add(this);
  }
};

/** As a network does it: without a word. */
function cutAll(): void {
  for (const socket of sockets) {
    socket.onclose?.(Object.assign(new Event("close"), { code: 1006, reason: "" }) as CloseEvent);
    socket.close();
  }
  sockets.clear();
}

async function typeWords(board: Board, widget: string, name: string, edits: number): Promise<void> {
  for (let number = 0; number < edits; number += 1) {
    board.insert(widget, TEXT, 0, `<${name}${number}>`);
    if (number % 5 === 0) {
      board.sealUndoStep();
      board.set(widget, ["data", "last"], name);
      board.undo();
      board.sealUndoStep();
    }
    if (number % 20 === 10) cutAll();
    if (number % 3 === 0) await board.saved();
  }
  await board.saved();
}

const { url, tokens, dashboardId, widget, edits } = JSON.parse(process.argv[2]!);
const names = Object.keys(tokens);
const clients = names.map((name) => connect(url, { token: tokens[name] }));
const boards = await Promise.all(clients.map((client) => client.join(dashboardId)));
await Promise.all(boards.map((board, index) => typeWords(board, widget, names[index]!, edits)));
stdout.write(`${JSON.stringify(boards.map(({ version }) => version))}\n`);

const lines = createInterface({ input: stdin });
const [head] = await once(lines, "line");
lines.close();
await Promise.all(boards.map((board) => board.until(() => (board.version ?? 0) >= Number(head))));
stdout.write(`${JSON.stringify(boards.map(({ document }) => document))}\n`);
await Promise.all(clients.map((client) => client.close()));
