/** The HTTP API as this app needs it: one token, JSON both ways, and every refusal an ApiError. */

import { WeftError } from "@weft/client";

import type { Credentials } from "./credentials.ts";

export interface Profile {
  readonly id: string;
  readonly username: string;
  readonly fullName?: string | null;
  readonly avatarUrl?: string | null;
}

export interface User extends Profile {
  readonly email: string;
}

export type Role = "owner" | "admin" | "editor" | "viewer";

export interface DashboardListed {
  readonly id: string;
  readonly title: string;
  readonly description?: string | null;
  readonly ownerId: string;
  readonly owner?: Profile; // where one is read
  readonly updatedAt: string;
  readonly isPublic?: boolean;
  readonly isArchived?: boolean;
  readonly role?: Role;
  readonly collaboratorCount?: number;
}

export interface Collaborator {
  readonly userId: string;
  readonly role: Exclude<Role, "owner">;
  readonly acceptedAt?: string | null;
  readonly isActive?: boolean;
  readonly user?: Profile;
}

export interface Invitation {
  readonly dashboardId: string;
  readonly userId: string;
  readonly role: Role;
}

export interface Template {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** What went wrong, for people. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof Error) return error.message;
  return String(error);
}

export class Api {
  readonly #credentials: Credentials;
  readonly #onUnauthenticated: () => void;

  constructor(credentials: Credentials, onUnauthenticated: () => void = () => {}) {
    this.#credentials = credentials;
    this.#onUnauthenticated = onUnauthenticated;
  }

  get<Answer>(path: string, query: Record<string, string> = {}): Promise<Answer> {
    const asked = new URLSearchParams(query).toString();
    return this.#send<Answer>("GET", asked === "" ? path : `${path}?${asked}`);
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.#send<Answer>("POST", path, body);
  }

  patch<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.#send<Answer>("PATCH", path, body);
  }

  delete(path: string): Promise<unknown> {
    return this.#send("DELETE", path);
  }

  async #send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const ask = (token: string): Promise<Answer> => askOnce(token, method, path, body);
    const { token } = this.#credentials;
    try {
      return await ask(token).catch(async (error: unknown) => {
        if (!isUnauthenticated(error)) throw error;
        return ask(await this.#credentials.renewed(token));
      });
    } catch (error) {
      if (isUnauthenticated(error)) this.#onUnauthenticated();
      throw error;
    }
  }
}

async function askOnce<Answer>(
  token: string,
  method: string,
  path: string,
  body: unknown,
): Promise<Answer> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return answerOf<Answer>(await fetch(path, { method, headers, ...sent }));
}

function isUnauthenticated(error: unknown): boolean {
  return (
    (error instanceof ApiError && error.status === 401) ||
    (error instanceof WeftError && error.code === "unauthenticated")
  );
}

/** @throws ApiError for what is refused. */
export async function answerOf<Answer>(answer: Response): Promise<Answer> {
  if (answer.status === 204) return undefined as Answer;
  const json: unknown = await answer.json().catch(() => ({}));
  if (answer.ok) return json as Answer;
  const { code, message } = json as { code?: string; message?: string };
  throw new ApiError(answer.status, code ?? "internal", message ?? answer.statusText);
}
