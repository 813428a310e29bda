/**
 * Who is here: one disc per person, however many tabs they have; a click goes along with them, or on a
 * phone, where every screen is laid out anew, to what they have in hand.
 */

import type { Board } from "@weft/client";
import { useEffect } from "preact/hooks";

import { Avatar } from "../parts/Avatar.tsx";
import { tell } from "../parts/attempt.ts";
import { useNarrow } from "../parts/narrow.ts";
import { type Command, Menu } from "../parts/Menu.tsx";
import type { Profile } from "../session/api.ts";
import type { Session } from "../session/session.ts";
import { crowdOf, useVisitors } from "./crowd.ts";
import type { Visitor } from "./here.ts";
import { learn, profileOf } from "./names.ts";

const SHOWN = ["userId", "name", "color", "picture", "isActive"] as const;
const DISCS = { wide: 5, narrow: 1 };

interface Props {
  readonly board: Board;
  readonly session: Session;
  readonly leaderId: string | null; // of a connection
  readonly follow: (connectionId: string | null) => void;
}

export function Roster({ board, session, leaderId, follow }: Props) {
  const people = peopleIn(useVisitors(board, SHOWN));
  useNames(board, session, people);
  const isNarrow = useNarrow();
  const names = people.map(({ name }) => name).join(", ");
  const told = (
    <span class="hidden" role="status">
      {people.length > 0 && `${names} ${people.length === 1 ? "is" : "are"} here, too`}
    </span>
  );
  if (people.length === 0) return told;
  const shown = people.slice(0, isNarrow ? DISCS.narrow : DISCS.wide);
  const hidden = people.slice(shown.length);
  const verb = isNarrow ? "Go to" : "Follow";
  const reach = (connectionId: string): void => {
    if (isNarrow) goTo(board, connectionId);
    else follow(connectionId === leaderId ? null : connectionId);
  };
  const others = (): readonly Command[] =>
    hidden.map(({ name, connectionId }) => {
      return { icon: "eye", name: `${verb} ${name}`, run: () => reach(connectionId) };
    });
  return (
    <div class="roster" role="group" aria-label={`Here too: ${names}`}>
      {told}
      {shown.map(({ userId, connectionId, name, color, picture, isActive }) => {
        const isLeader = !isNarrow && connectionId === leaderId;
        const said = isLeader ? `Stop following ${name}` : `${verb} ${name}`;
        return (
          <button
            key={userId}
            class={isActive ? "person" : "person idle"}
            aria-label={isActive ? said : `${said}, who is idle`}
            title={isActive ? said : `${said} (idle)`}
            aria-pressed={isLeader}
            style={{ "--person": color }}
            onClick={() => reach(connectionId)}
          >
            <Avatar name={name} color={color} picture={picture} />
          </button>
        );
      })}
      {hidden.length > 0 && (
        <Menu label={`${hidden.length} more people`} commands={others}>
          +{hidden.length}
        </Menu>
      )}
    </div>
  );
}

function goTo(board: Board, connectionId: string): void {
  const visitor = crowdOf(board).visitors.find((each) => each.connectionId === connectionId);
  const widgets = [...document.querySelectorAll<HTMLElement>("[data-widget]")];
  const widget = widgets.find(({ dataset }) => dataset["widget"] === visitor?.widgetId);
  if (widget) widget.scrollIntoView({ block: "center" });
  else if (visitor) tell(`${visitor.name} has nothing in hand now.`);
}

/** Presence tells usernames; who they are is asked for when somebody new is here. */
function useNames(board: Board, session: Session, people: readonly Visitor[]): void {
  const strangers = people.filter(({ userId }) => profileOf(userId) === undefined);
  useEffect(() => {
    if (strangers.length === 0) return;
    learn(strangers.map(({ userId, name }) => ({ id: userId, username: name }))); // at least
    const path = `/api/dashboards/${board.dashboardId}/online`;
    session.api.get<{ readonly users: readonly Profile[] }>(path).then(
      ({ users }) => {
        learn(users);
        crowdOf(board).refresh();
      },
      () => {}, // then they are called by their usernames
    );
  }, [board, strangers.length]);
}

/** Of several tabs, the one that is looked at. */
function peopleIn(visitors: readonly Visitor[]): readonly Visitor[] {
  const people = new Map<string, Visitor>();
  for (const each of visitors) {
    if (!people.get(each.userId)?.isActive) people.set(each.userId, each);
  }
  return [...people.values()];
}
