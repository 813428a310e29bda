/**
 * Who is signed in, in this tab alone: two tabs may be two people.
 *
 * A token comes from the demo, from a person who pastes it, from the host product in the fragment
 * of the address, which no server sees and which is removed at once, or from the page that shows
 * this one in a frame.
 */

import { Client, connect, IndexedDbStore } from "@weft/client";

import { learn, nameIn, profileOf } from "../people/names.ts";
import { answerOf, Api, type User } from "./api.ts";
import { Credentials, type Source } from "./credentials.ts";
import { isFramed } from "./embedding.ts";

export interface AppConfig {
  readonly wsUrl: string;
  readonly demoUsers: readonly string[];
  readonly embedOrigins: readonly string[];
}

interface Kept {
  readonly token: string;
  readonly source: Source;
  readonly user: User;
  readonly config: AppConfig;
}

const KEPT = "weft-session";
const FRAGMENT = "#token=";

export class Session {
  readonly user: User;
  readonly api: Api;
  /** Where edits wait that are not sent yet. */
  readonly store: IndexedDbStore;
  /** The page around this one says who it is. */
  readonly isHosted: boolean;
  readonly #config: AppConfig;
  readonly #credentials: Credentials;
  readonly #onEnd: () => void;
  #client: Client | null = null;

  constructor(config: AppConfig, credentials: Credentials, user: User, onEnd: () => void) {
    this.#config = config;
    this.#credentials = credentials;
    this.user = user;
    this.store = new IndexedDbStore(user.id);
    this.#onEnd = onEnd;
    this.isHosted = credentials.source.kind === "host";
    this.api = new Api(credentials, () => this.expire());
    credentials.onRenewed = () => this.keep();
    learn([user]);
  }

  /** One connection for all dashboards of this tab. */
  get client(): Client {
    const { store } = this;
    const token = this.#credentials.forClient();
    this.#client ??= connect(this.#config.wsUrl, { token, store, client: "weft-app" });
    return this.#client;
  }

  /** For when this tab is loaded again. */
  keep(): void {
    const { token, source } = this.#credentials;
    const kept: Kept = { token, source, user: this.user, config: this.#config };
    inTab((tab) => tab.setItem(KEPT, JSON.stringify(kept)));
  }

  nameOf(userId: string | null): string {
    const person = userId === null ? undefined : profileOf(userId);
    return person === undefined ? "Somebody" : nameIn(person);
  }

  /** It has ended by itself. What is not sent waits here for the next sign-in. */
  expire(): void {
    void this.#client?.close(0);
    this.#onEnd();
  }

  async end(): Promise<void> {
    forget();
    await this.#client?.close();
  }
}

export async function readConfig(): Promise<AppConfig> {
  const told = await answerOf<Partial<AppConfig>>(await fetch("/app.json"));
  const { wsUrl = "", demoUsers = [], embedOrigins = [] } = told;
  return { wsUrl, demoUsers, embedOrigins };
}

/** The session that this tab has: nothing needs to be asked for it. In a frame, the host knows. */
export function resume(onEnd: () => void): Session | null {
  if (location.hash.startsWith(FRAGMENT) || isFramed()) return null;
  const kept = keptSession();
  if (kept === null) return null;
  const { config, token, source, user } = kept;
  return new Session(config, new Credentials(token, source, config.embedOrigins), user, onEnd);
}

/** The session that is brought here; null: none is. @throws ApiError, WeftError. */
export async function receive(config: AppConfig, onEnd: () => void): Promise<Session | null> {
  const brought = takeToken();
  if (brought === null && !isFramed()) return null;
  forget(); // whoever it was before: somebody else is meant now
  if (brought !== null) return begin(config, brought, { kind: "given" }, onEnd);
  const host = new Credentials("", { kind: "host" }, config.embedOrigins);
  return begin(config, await host.renewed(""), { kind: "host" }, onEnd);
}

/** @throws ApiError unauthenticated. */
export async function begin(
  config: AppConfig,
  token: string,
  source: Source,
  onEnd: () => void,
): Promise<Session> {
  const credentials = new Credentials(token, source, config.embedOrigins);
  const user = await new Api(credentials).get<User>("/api/users/me");
  const session = new Session(config, credentials, user, onEnd);
  session.keep();
  return session;
}

export async function signInToDemo(
  config: AppConfig,
  username: string,
  onEnd: () => void,
): Promise<Session> {
  const source: Source = { kind: "demo", username };
  const entry = new Credentials("", source, config.embedOrigins);
  return begin(config, await entry.renewed(""), source, onEnd);
}

export function forget(): void {
  inTab((tab) => tab.removeItem(KEPT));
}

function takeToken(): string | null {
  const { hash, pathname } = location;
  if (!hash.startsWith(FRAGMENT)) return null;
  history.replaceState(null, "", pathname);
  return decodeURIComponent(hash.slice(FRAGMENT.length));
}

function keptSession(): Kept | null {
  try {
    const kept = JSON.parse(inTab((tab) => tab.getItem(KEPT)) ?? "null") as Kept | null;
    return kept?.source === undefined ? null : kept;
  } catch {
    return null;
  }
}

/** In a frame, a browser may deny all storage: then this page remembers nothing. */
function inTab<Result>(use: (tab: Storage) => Result): Result | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
