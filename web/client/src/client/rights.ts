/** What a user has been told that they may do. The server decides: this spares edits a refusal. */

import { sameJson } from "../ot/values.ts";
import type { Role } from "../wire/messages.ts";
import { ROLE_CELLS } from "../wire/tables.ts";

/** `role` null: nothing has been told yet. */
export interface Rights {
  readonly role: Role | null;
  readonly permissions: readonly string[]; // as `write widget`, at least on some widgets
}

export const NOTHING_TOLD: Rights = { role: null, permissions: [] };

const EDITING = ["write dashboard", "write widget", "write settings", "delete widget"];

/** `permissions` undefined: the server does not say, and they are the role's. */
export function rightsTold(role: Role, permissions?: readonly string[]): Rights {
  return { role, permissions: permissions ?? ROLE_CELLS[role] };
}

export function forbidEditing({ role, permissions }: Rights): boolean {
  return role !== null && !EDITING.some((cell) => permissions.includes(cell));
}

export function sameRights(one: Rights, other: Rights): boolean {
  return one === other || sameJson({ ...one }, { ...other });
}
