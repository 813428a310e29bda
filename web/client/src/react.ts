/**
 * React hooks: a component draws again when what it looks at has changed, and not before.
 *
 *     const client = useWeft("wss://host/", { token });
 *     const { board, error } = useBoard(client, dashboardId);
 *     const title = useDocument(board)?.fields.title;
 *
 * What a board shows is made of values that stay the same objects until they change, so a hook is a
 * subscription and a look. Components that ask for one dashboard share one board; it is left when
 * the last of them has gone and all that was edited is durable.
 */

import { connect } from "@weft/client";
import type {
  Board,
  Client,
  ClientOptions,
  Document,
  LiveValue,
  Present,
  Status,
} from "@weft/client";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";

export interface Joined {
  readonly board: Board | null; // null: not joined yet, or refused
  readonly error: Error | null; // a WeftError, as a rule
}

export type WidgetShown = NonNullable<ReturnType<Document["widget"]>>;

const NOTHING: Joined = { board: null, error: null };
const NOBODY: readonly Present[] = [];
const holders = new WeakMap<Board, number>(); // components that show it

/**
 * A connection for as long as the component is there; null until it has been made. `options` are
 * read when it is made: who shows another user gives the component another `key`.
 */
export function useWeft(url: string, options: ClientOptions): Client | null {
  const [client, setClient] = useState<Client | null>(null);
  const given = useRef(options);
  useEffect(() => {
    const made = connect(url, given.current);
    setClient(made);
    return () => {
      setClient(null);
      void made.close();
    };
  }, [url]);
  return client;
}

/** A dashboard, joined while the component is there. It draws again with its rights and status. */
export function useBoard(client: Client | null, dashboardId: string): Joined {
  const [joined, setJoined] = useState(NOTHING);
  useEffect(() => {
    if (client === null) return;
    let isShown = true;
    let held: Board | null = null;
    client.join(dashboardId).then(
      (board) => {
        if (!isShown) return void leaveUnlessHeld(board);
        held = board;
        hold(board, 1);
        setJoined({ board, error: null });
      },
      (error: Error) => {
        if (isShown) setJoined({ board: null, error });
      },
    );
    return () => {
      isShown = false;
      setJoined(NOTHING);
      if (held === null) return;
      hold(held, -1);
      void leaveUnlessHeld(held);
    };
  }, [client, dashboardId]);
  useLook(joined.board, (board) => board.permissions);
  useStatus(joined.board);
  return joined;
}

/** What is shown now: all that is committed, and all edits made here. */
export function useDocument(board: Board | null): Document | null {
  return useLook(board, ({ document }) => document);
}

/** One widget: the component draws again when it changes, whatever becomes of the others. */
export function useWidget(board: Board | null, widgetId: string): WidgetShown | null {
  return useLook(board, ({ document }) => document.widget(widgetId) ?? null);
}

/** What a feed has given the widget last; null: nothing yet. */
export function useLive(board: Board | null, widgetId: string): LiveValue | null {
  return useLook(board, ({ live }) => live.get(widgetId) ?? null);
}

/** Whether all that is shown is durable. */
export function useStatus(board: Board | null): Status | null {
  return useLook(board, ({ status }) => status);
}

/** Everybody else who is here, a connection each. `board.setPresence` tells where this user is. */
export function usePresence(board: Board | null): readonly Present[] {
  const seen = useRef(NOBODY);
  return (
    useLook(board, ({ presence }) => {
      if (JSON.stringify(presence) !== JSON.stringify(seen.current)) seen.current = presence;
      return seen.current;
    }) ?? NOBODY
  );
}

/** `look` returns the same object until what it looks at has changed. */
function useLook<T>(board: Board | null, look: (board: Board) => T): T | null {
  const subscribe = useCallback((draw: () => void) => board?.listen(draw) ?? (() => {}), [board]);
  const now = (): T | null => (board === null ? null : look(board));
  return useSyncExternalStore(subscribe, now, now);
}

function hold(board: Board, change: 1 | -1): void {
  holders.set(board, (holders.get(board) ?? 0) + change);
}

async function leaveUnlessHeld(board: Board): Promise<void> {
  await board.saved().catch(() => {}); // what was refused has been told
  if (!board.isOver && !holders.get(board)) await board.leave();
}
