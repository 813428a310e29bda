/** The app: who is there, and which page they see. */

import { render } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

import { BoardPage } from "./pages/BoardPage.tsx";
import { HomePage } from "./pages/HomePage.tsx";
import { SignInPage } from "./pages/SignInPage.tsx";
import { sentenceOf } from "./session/api.ts";
import { useRoute } from "./session/route.ts";
import {
  type AppConfig,
  forget,
  readConfig,
  receive,
  resume,
  type Session,
} from "./session/session.ts";
import "./styles/index.css";

function App() {
  const [config, setConfig] = useState<AppConfig | null>(null);
  const [fault, setFault] = useState("");
  const route = useRoute();
  const onEnd = useCallback(() => {
    forget();
    setSession(null);
    setFault("Your session has ended. Please sign in again.");
  }, []);
  const [session, setSession] = useState<Session | null>(() => resume(onEnd));

  useEffect(() => {
    if (session !== null) return;
    void (async () => {
      let read: AppConfig = { wsUrl: "", demoUsers: [], embedOrigins: [] };
      try {
        read = await readConfig();
        setSession(await receive(read, onEnd));
      } catch (error) {
        setFault(sentenceOf(error));
      }
      setConfig(read);
    })();
  }, [session, onEnd]);

  if (session === null) {
    if (config === null) return null;
    const enter = (entered: Session): void => {
      setFault("");
      setSession(entered);
    };
    return <SignInPage config={config} fault={fault} enter={enter} onEnd={onEnd} />;
  }
  const leave = (): void => {
    setSession(null);
    void session.end();
  };
  if (route.kind === "board") {
    return <BoardPage key={route.id} session={session} id={route.id} leave={leave} />;
  }
  return <HomePage session={session} leave={leave} />;
}

render(<App />, document.getElementById("app")!);
