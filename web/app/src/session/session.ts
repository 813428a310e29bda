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

interface Kept {
  readonly token: string;
  readonly user: User;
  readonly config: AppConfig;
}

const KEPT = "weft-session";
const FRAGMENT = "#token=";

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

  knows(userId: string): boolean {
    return this.#known.has(userId);
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

/** The session that this tab has: nothing needs to be asked for it. */
export function resume(onEnd: () => void): Session | null {
  if (location.hash.startsWith(FRAGMENT)) return null;
  const kept = keptSession();
  return kept === null ? null : new Session(kept.config, kept.token, kept.user, onEnd);
}

/** The session that the address brings; null: it brings none. @throws ApiError. */
export async function receive(config: AppConfig, onEnd: () => void): Promise<Session | null> {
  const brought = takeToken();
  if (brought === null) return null;
  forget(); // whoever it was before: somebody else is meant now
  return begin(config, brought, onEnd);
}

/** @throws ApiError unauthenticated. */
export async function begin(config: AppConfig, token: string, onEnd: () => void): Promise<Session> {
  const user = await new Api(token).get<User>("/api/users/me");
  sessionStorage.setItem(KEPT, JSON.stringify({ token, user, config }));
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
  const { hash, pathname } = location;
  if (!hash.startsWith(FRAGMENT)) return null;
  history.replaceState(null, "", pathname);
  return decodeURIComponent(hash.slice(FRAGMENT.length));
}

function keptSession(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}
