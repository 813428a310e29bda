/** The error that a message of the server carries, even if its code is younger than this client. */

import { type Code, WeftError } from "../errors.ts";
import { without } from "../ot/values.ts";
import type { Ended, ErrorMessage, GoAway, Rejected } from "../wire/messages.ts";
import { CODES } from "../wire/tables.ts";

const ENVELOPE = ["type", "dashboardId", "sequence", "about", "code", "message", "fault", "retry"];

/** `retry` and `fault` are what the message says, not what the table of this client says. */
export function errorIn(message: Rejected | Ended | ErrorMessage | GoAway): WeftError {
  const { code, fault = "server", retry = "later" } = message;
  const known = Object.hasOwn(CODES, code) ? (code as Code) : "internal";
  const details = without<unknown>(message, ...ENVELOPE, "retryAfterMs");
  return new WeftError(known, message.message, details, { code, fault, retry });
}
