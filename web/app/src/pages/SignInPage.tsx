/** The way in: one click for who tries it out, a token for everybody else. */

import { useState } from "preact/hooks";

import { colorOf } from "../people/colors.ts";
import { Avatar } from "../parts/Avatar.tsx";
import { Logo } from "../parts/Icon.tsx";
import { sentenceOf } from "../session/api.ts";
import { type AppConfig, begin, type Session, signInToDemo } from "../session/session.ts";

interface Props {
  readonly config: AppConfig;
  readonly fault: string;
  readonly enter: (session: Session) => void;
  readonly onEnd: () => void;
}

const NAMES: { readonly [username: string]: string } = {
  ann: "Ann Abara",
  ben: "Ben Okafor",
  chloe: "Chloé Martin",
  dev: "Dev Patel",
};
const PARTS: { readonly [username: string]: string } = {
  ann: "owns the examples",
  ben: "may edit",
  chloe: "may edit and share",
  dev: "may look",
};

export function SignInPage({ config, fault, enter, onEnd }: Props) {
  const [problem, setProblem] = useState("");
  const [token, setToken] = useState("");
  const attempt = (signingIn: Promise<Session>): void => {
    signingIn.then(enter, (error: unknown) => setProblem(sentenceOf(error)));
  };
  const said = problem || fault;
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Logo />
        <h1>Weft</h1>
        <p class="soft">Dashboards that people edit together.</p>
        {said && (
          <p class="fault" role="alert">
            {said}
          </p>
        )}
        {config.demoUsers.length > 0 && (
          <section aria-label="Demo users">
            <p class="soft">Try it as somebody. In a second tab, be somebody else.</p>
            <div class="people-list">
              {config.demoUsers.map((username) => (
                <button
                  key={username}
                  class="person-button"
                  onClick={() => attempt(signInToDemo(config, username, onEnd))}
                >
                  <Avatar name={NAMES[username] ?? username} color={colorOf(username)} />
                  <span>
                    <strong>{NAMES[username] ?? username}</strong>
                    <small class="soft">{PARTS[username]}</small>
                  </span>
                </button>
              ))}
            </div>
          </section>
        )}
        <form
          class="token-form"
          onSubmit={(event) => {
            event.preventDefault();
            attempt(begin(config, token.trim(), { kind: "given" }, onEnd));
          }}
        >
          <label for="token">
            {config.demoUsers.length > 0 ? "Or with a token" : "Token of your session"}
          </label>
          <div class="field-row">
            <input
              id="token"
              type="password"
              autocomplete="off"
              required
              value={token}
              onInput={(event) => setToken(event.currentTarget.value)}
            />
            <button class="primary">Sign in</button>
          </div>
          <small class="soft">
            <code>weft token ann</code> makes one; your product opens sessions over the HTTP API.
          </small>
        </form>
      </div>
    </main>
  );
}
