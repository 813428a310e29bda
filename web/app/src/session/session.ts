/**
 * Who is signed in, in this tab alone: two tabs may be two people.
 *
 * A token comes from the demo, from a person who pastes it, or from the host product in the
 * fragment of the address, which no server sees and which is removed at once.
 */

import { Client, connect, IndexedDbStore } from "@weft/client";

import { answerOf, Api, type Profile, type User } from "./api.ts";

export interface AppConfig {
  readonly wsUrl: string;
  readonly demoUsers: readonly string[];
}

const KEPT = "weft-session";

export class Session {
  readonly user: User;
  readonly token: string;
  readonly api: Api;
  readonly #config: AppConfig;
  readonly #known = new Map<string, Profile>();
  #client: Client | null = null;

  constructor(config: AppConfig, token: string, user: User, onEnd: () => void) {
    this.#config = config;
    this.token = token;
    this.user = user;
    this.api = new Api(token, onEnd);
    this.learn([user]);
  }

  /** One connection for all dashboards of this tab. */
  get client(): Client {
    const options = { token: this.token, store: new IndexedDbStore(this.user.id) };
    this.#client ??= connect(this.#config.wsUrl, { ...options, client: "weft-app" });
    return this.#client;
  }

  /** Remember names that were seen. */
  learn(people: Iterable<Profile | undefined>): void {
    for (const person of people) if (person !== undefined) this.#known.set(person.id, person);
  }

  nameOf(userId: string | null): string {
    const person = userId === null ? undefined : this.#known.get(userId);
    return person === undefined ? "Somebody" : nameOf(person);
  }

  async end(): Promise<void> {
    sessionStorage.removeItem(KEPT);
    await this.#client?.close();
  }
}

export function nameOf({ fullName, username }: Profile): string {
  return fullName || username;
}

export async function readConfig(): Promise<AppConfig> {
  const told = await answerOf<Partial<AppConfig>>(await fetch("/app.json"));
  return { wsUrl: told.wsUrl ?? "", demoUsers: told.demoUsers ?? [] };
}

/** The session that this tab has, or that the address brings; null: nobody is signed in. */
export async function resume(config: AppConfig, onEnd: () => void): Promise<Session | null> {
  const brought = takeToken();
  if (brought !== null) return begin(config, brought, onEnd);
  const kept = keptSession();
  return kept === null ? null : new Session(config, kept.token, kept.user, onEnd);
}

/** @throws ApiError unauthenticated. */
export async function begin(config: AppConfig, token: string, onEnd: () => void): Promise<Session> {
  const user = await new Api(token).get<User>("/api/users/me");
  sessionStorage.setItem(KEPT, JSON.stringify({ token, user }));
  return new Session(config, token, user, onEnd);
}

export async function signInToDemo(
  config: AppConfig,
  username: string,
  onEnd: () => void,
): Promise<Session> {
  const path = `/demo/${encodeURIComponent(username)}/session`;
  const { token } = await answerOf<{ token: string }>(await fetch(path, { method: "POST" }));
  return begin(config, token, onEnd);
}

export function forget(): void {
  sessionStorage.removeItem(KEPT);
}

function takeToken(): string | null {
  const found = /^#token=([^&]+)$/.exec(location.hash);
  if (found === null) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(found[1]!);
}

function keptSession(): { token: string; user: User } | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return kept as { token: string; user: User } | null;
  } catch {
    return null;
  }
}
