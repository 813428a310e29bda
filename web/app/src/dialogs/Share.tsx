/** Who shares a dashboard: invited, given a role, removed; and whether everybody may look. */

import type { Board } from "@weft/client";
import { useCallback, useEffect, useState } from "preact/hooks";

import { colorOf } from "../people/colors.ts";
import { readMembers } from "../people/members.ts";
import { nameIn, profileOf } from "../people/names.ts";
import { Avatar } from "../parts/Avatar.tsx";
import { Dialog } from "../parts/Dialog.tsx";
import { Icon } from "../parts/Icon.tsx";
import {
  ApiError,
  type Collaborator,
  type DashboardListed,
  type Page,
  type Profile,
  sentenceOf,
} from "../session/api.ts";
import type { Session } from "../session/session.ts";

interface Props {
  readonly board: Board;
  readonly session: Session;
  readonly close: () => void;
}

const ROLES = ["viewer", "editor", "admin"] as const;

export function ShareDialog({ board, session, close }: Props) {
  const path = `/api/dashboards/${board.dashboardId}`;
  const [people, setPeople] = useState<readonly Collaborator[]>([]);
  const [dashboard, setDashboard] = useState<DashboardListed | null>(null);
  const [fault, setFault] = useState("");
  const canInvite = board.permissions.includes("share dashboard");
  const canChange = board.permissions.includes("write collaborators");

  const look = useCallback(async () => {
    const members = await readMembers(session, board.dashboardId);
    setPeople(members.people);
    setDashboard(members.dashboard);
  }, [session, board]);
  const attempt = async (action: () => Promise<unknown>): Promise<boolean> => {
    setFault("");
    try {
      await action();
      await look();
      return true;
    } catch (error) {
      setFault(sentenceOf(error));
      return false;
    }
  };
  useEffect(() => void attempt(async () => {}), [look]);

  return (
    <Dialog title="Share" close={close}>
      <div class="stack">
        {canInvite && (
          <InviteForm
            invite={(name, role) =>
              attempt(async () => {
                const userId = (await personCalled(session, path, name)).id;
                await session.api.post(`${path}/collaborators`, { userId, role });
              })
            }
          />
        )}
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <ul class="people-list" aria-label="Who shares it">
          {dashboard !== null && <OwnerLine id={dashboard.ownerId} session={session} />}
          {people.map((each) => (
            <PersonLine
              key={each.userId}
              person={each}
              isMe={each.userId === session.user.id}
              canChange={canChange}
              change={(role) =>
                attempt(() => session.api.patch(`${path}/collaborators/${each.userId}`, { role }))
              }
              remove={() =>
                attempt(() => session.api.delete(`${path}/collaborators/${each.userId}`))
              }
            />
          ))}
        </ul>
        <label class="check">
          <input
            type="checkbox"
            checked={dashboard?.isPublic === true}
            disabled={!canInvite || dashboard === null}
            onChange={(event) => {
              const wanted = event.currentTarget.checked;
              void attempt(() => session.api.patch(path, { isPublic: wanted }));
            }}
          />
          Everybody with an account may look
        </label>
      </div>
    </Dialog>
  );
}

interface InviteProps {
  /** Whether it was done. */
  readonly invite: (name: string, role: string) => Promise<boolean>;
}

function InviteForm({ invite }: InviteProps) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("editor");
  return (
    <form
      class="field-row"
      onSubmit={(event) => {
        event.preventDefault();
        void invite(name.trim(), role).then((isDone) => isDone && setName(""));
      }}
    >
      <input
        required
        aria-label="Email or username"
        placeholder="Email or username"
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <RoleSelect role={role} label="Role of the invited" change={setRole} />
      <button class="primary">Invite</button>
    </form>
  );
}

function OwnerLine({ id, session }: { readonly id: string; readonly session: Session }) {
  const name = session.nameOf(id);
  return (
    <li class="person-line">
      <Avatar name={name} color={colorOf(profileOf(id)?.username ?? "")} />
      <span class="grow">
        <strong>
          {name}
          {id === session.user.id && " (you)"}
        </strong>
      </span>
      <span class="tag">owner</span>
    </li>
  );
}

interface LineProps {
  readonly person: Collaborator;
  readonly isMe: boolean;
  readonly canChange: boolean;
  readonly change: (role: string) => void;
  readonly remove: () => void;
}

function PersonLine({ person, isMe, canChange, change, remove }: LineProps) {
  const name = person.user ? nameIn(person.user) : "Somebody who has left";
  return (
    <li class="person-line">
      <Avatar
        name={name}
        color={colorOf(person.user?.username ?? "")}
        picture={person.user?.avatarUrl}
      />
      <span class="grow">
        <strong>
          {name}
          {isMe && " (you)"}
        </strong>
        <small class="soft">
          {person.user?.username}
          {!person.acceptedAt && " · invited"}
          {person.isActive === false && " · paused"}
        </small>
      </span>
      {canChange ? (
        <RoleSelect role={person.role} label={`Role of ${name}`} change={change} />
      ) : (
        <span class="tag">{person.role}</span>
      )}
      {(canChange || isMe) && (
        <button
          class="quiet"
          aria-label={isMe ? "Leave" : `Remove ${name}`}
          title={isMe ? "Leave" : "Remove"}
          onClick={remove}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

interface RoleProps {
  readonly role: string;
  readonly label: string;
  readonly change: (role: string) => void;
}

function RoleSelect({ role, label, change }: RoleProps) {
  return (
    <select
      class="narrow-field"
      aria-label={label}
      value={role}
      onChange={(event) => change(event.currentTarget.value)}
    >
      {ROLES.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  );
}

/** @throws ApiError not_found. */
async function personCalled(session: Session, path: string, name: string): Promise<Profile> {
  const query = name.includes("@") ? { email: name } : { username: name };
  const page = await session.api.get<Page<Profile>>(`${path}/collaborators/candidates`, query);
  const [person] = page.items;
  if (person === undefined) throw new ApiError(404, "not_found", `Nobody is called ${name} here.`);
  return person;
}
