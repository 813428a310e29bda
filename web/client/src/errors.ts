/**
 * Law 7, bad input is answered: every error has a stable code, says whose fault it is and whether
 * trying again can help. The codes are those of the server, from its own table.
 */

import { CODES } from "./wire/tables.ts";
import type { Fault, Retry } from "./wire/messages.ts";

export type Code = keyof typeof CODES;
export type Details = { readonly [name: string]: unknown };

/** An error with a code of the table; `details` are JSON values that help its reader. */
export class WeftError extends Error {
  readonly code: string;
  readonly fault: Fault;
  readonly retry: Retry;
  readonly details: Details;

  constructor(code: Code, message = "", details: Details = {}, told: Partial<Told> = {}) {
    const [fault, retry, meaning] = CODES[code];
    super(message || meaning);
    this.name = "WeftError";
    this.code = told.code ?? code;
    this.fault = told.fault ?? fault;
    this.retry = told.retry ?? retry;
    this.details = details;
  }
}

/** What a server says of an error, whose table may be newer than this client's. */
export interface Told {
  readonly code: string;
  readonly fault: Fault;
  readonly retry: Retry;
}

/** An operation that cannot be applied to the document it was meant for. */
export class OperationError extends WeftError {}
