/**
 * Somebody who looks on, for a session with Python clients over real sockets.
 *
 *     node watcher.ts '{"url", "token", "dashboardId", "widget"}'
 *
 * Puts a cursor at the end of the text and prints where each cursor of others is, whenever that has
 * changed, until a line is read.
 */

import { once } from "node:events";
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import { connect } from "../src/index.ts";

const { url, token, dashboardId, widget } = JSON.parse(process.argv[2]!);
const client = connect(url, { token });
const board = await client.join(dashboardId);
const path = ["config", "text"];
board.setPresence({ cursor: { x: 1, y: 2, elementId: widget, path, offset: 5 } });
let told = "";
function tell(): void {
  const offsets = board.presence.map(({ cursor }) => cursor?.offset ?? null);
  const names = board.people.map(({ user }) => user.username).sort();
  const line = JSON.stringify({ offsets, names });
  if (line !== told) stdout.write(`${line}\n`);
  told = line;
}
board.listen(tell);
tell();
const lines = createInterface({ input: stdin });
await once(lines, "line");
lines.close();
await client.close();
