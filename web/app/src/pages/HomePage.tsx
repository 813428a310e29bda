/** Someone's dashboards: found, begun, opened; and what they are invited to. */

import { useCallback, useEffect, useState } from "preact/hooks";

import { NewDashboard } from "../dialogs/NewDashboard.tsx";
import { colorOf } from "../people/colors.ts";
import { nameIn } from "../people/names.ts";
import { Avatar } from "../parts/Avatar.tsx";
import { Icon, Logo } from "../parts/Icon.tsx";
import { type DashboardListed, type Invitation, type Page, sentenceOf } from "../session/api.ts";
import { follow, go } from "../session/route.ts";
import type { Session } from "../session/session.ts";
import { LeftEdits } from "./LeftEdits.tsx";

interface Props {
  readonly session: Session;
  readonly leave: () => void;
}

const SEARCH_AFTER_MS = 150;

export function HomePage({ session, leave }: Props) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly DashboardListed[] | null>(null);
  const [more, setMore] = useState<string | undefined>();
  const [invitations, setInvitations] = useState<readonly Invitation[]>([]);
  const [fault, setFault] = useState("");
  const [isMaking, setIsMaking] = useState(false);

  const look = useCallback(
    async (after?: string) => {
      const words = text.trim();
      const path = words === "" ? "/api/dashboards" : "/api/dashboards/search";
      const query = { ...(words && { text: words }), ...(after && { after }) };
      try {
        const page = await session.api.get<Page<DashboardListed>>(path, query);
        setFound((shown) => (after ? [...(shown ?? []), ...page.items] : page.items));
        setMore(page.nextCursor);
        setFault("");
      } catch (error) {
        setFault(sentenceOf(error));
      }
    },
    [session, text],
  );
  useEffect(() => {
    document.title = "Dashboards · Weft";
    const timer = setTimeout(() => void look(), text === "" ? 0 : SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [look, text]);
  const lookAtInvitations = useCallback(() => {
    session.api.get<Page<Invitation>>("/api/invitations").then(
      ({ items }) => setInvitations(items),
      () => setInvitations([]),
    );
  }, [session]);
  useEffect(lookAtInvitations, [lookAtInvitations]);

  const answer = async (invitation: Invitation, accepts: boolean): Promise<void> => {
    const path = `/api/dashboards/${invitation.dashboardId}/collaborators/${session.user.id}`;
    await (accepts ? session.api.post(`${path}/accept`) : session.api.delete(path));
    lookAtInvitations();
    void look();
  };

  return (
    <div class="page">
      <header class="top">
        <Logo />
        <strong class="brand">Weft</strong>
        <span class="grow" />
        <span class="whoami">
          <Avatar
            name={nameIn(session.user)}
            color={colorOf(session.user.username)}
            picture={session.user.avatarUrl}
          />
          <span class="wide-only">{nameIn(session.user)}</span>
        </span>
        {!session.isHosted && <button onClick={leave}>Sign out</button>}
      </header>
      <main class="home">
        <div class="home-head">
          <h1>Dashboards</h1>
          <label class="search">
            <Icon name="search" />
            <span class="hidden">Search dashboards</span>
            <input
              type="search"
              placeholder="Search"
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          <button class="primary" onClick={() => setIsMaking(true)}>
            <Icon name="add" /> New
          </button>
        </div>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <LeftEdits store={session.store} />
        {invitations.map((each) => (
          <div class="invitation" key={each.dashboardId}>
            <Icon name="share" />
            <span class="grow">
              You are invited to a dashboard as {each.role === "viewer" ? "a" : "an"} {each.role}.
            </span>
            <button onClick={() => void answer(each, false)}>Decline</button>
            <button class="primary" onClick={() => void answer(each, true)}>
              Accept
            </button>
          </div>
        ))}
        <ul class="cards" aria-label="Dashboards">
          {found?.map((each) => (
            <DashboardCard key={each.id} dashboard={each} />
          ))}
        </ul>
        {found?.length === 0 && (
          <div class="empty">
            <h2>{text === "" ? "No dashboards yet" : `Nothing matches “${text.trim()}”`}</h2>
            <p>
              {text === ""
                ? "Begin one, empty or from a template. What others share with you is here, too."
                : "Titles and descriptions are searched."}
            </p>
          </div>
        )}
        {more && <button onClick={() => void look(more)}>Show more</button>}
      </main>
      {isMaking && (
        <NewDashboard
          session={session}
          close={() => setIsMaking(false)}
          made={(id) => go(`/d/${id}`)}
        />
      )}
    </div>
  );
}

function DashboardCard({ dashboard }: { readonly dashboard: DashboardListed }) {
  const { id, title, description, updatedAt, role, isPublic, collaboratorCount = 0 } = dashboard;
  return (
    <li>
      <a class="card" href={`/d/${id}`} onClick={follow}>
        <span class={`weave weave-${Number.parseInt(id.slice(0, 2), 16) % 6}`} aria-hidden="true" />
        <strong class="card-title">{title || "Untitled"}</strong>
        <span class="soft card-text">{description}</span>
        <small class="soft card-foot">
          <time dateTime={updatedAt}>{when(updatedAt)}</time>
          {collaboratorCount > 0 && <span>{collaboratorCount + 1} people</span>}
          {isPublic && <span class="tag">public</span>}
          {role && role !== "owner" && <span class="tag">{role}</span>}
        </small>
      </a>
    </li>
  );
}

function when(instant: string): string {
  const date = new Date(instant);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
}
