/** From a frame to a message that has what its type promises, or to an error. */

import { WeftError } from "../errors.ts";
import { isObject, own } from "../ot/values.ts";
import type { Plain } from "../ot/values.ts";
import type { ClientMessage, ServerMessage } from "./messages.ts";
import { type Shape, SHAPES } from "./tables.ts";

export function encode(message: ClientMessage): string {
  return JSON.stringify(message);
}

/** A message from a trusted server. @throws WeftError malformed, invalid_message. */
export function decodeServerFrame(frame: unknown): ServerMessage {
  const message = parse(frame);
  const type = own(message, "type");
  const shape = typeof type === "string" && /^[a-z]/.test(type) ? own(SHAPES, type) : undefined;
  if (shape === undefined) throw new WeftError("invalid_message", "No message of this protocol.");
  checkShape(message, shape);
  return message as unknown as ServerMessage;
}

function parse(frame: unknown): Plain {
  let message: unknown;
  try {
    message = typeof frame === "string" ? JSON.parse(frame) : null;
  } catch {
    // what is no JSON is no object either
  }
  if (!isObject(message)) throw new WeftError("malformed");
  return message;
}

function checkShape(value: Plain, shape: Shape): void {
  for (const [field, kind] of Object.entries(shape)) {
    if (!isOf(kind, own(value, field))) {
      throw new WeftError("invalid_message", `${field} is missing or mistyped.`);
    }
  }
}

function isOf(kind: string, value: unknown): boolean {
  if (kind.endsWith("[]")) {
    return Array.isArray(value) && value.every((item) => isOf(kind.slice(0, -2), item));
  }
  if (kind !== "object" && kind !== "Submission") return typeof value === kind;
  if (!isObject(value)) return false;
  if (kind === "Submission") checkShape(value, SHAPES[kind]!);
  return true;
}
