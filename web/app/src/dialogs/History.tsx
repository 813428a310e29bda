/** Past versions, as the checkpoints keep them: looked at, and brought back by edits like any other. */

import type { Board, DocumentJson } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

import { attempt } from "../parts/attempt.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { readMembers } from "../people/members.ts";
import { sentenceOf } from "../session/api.ts";
import type { Session } from "../session/session.ts";
import { bringBack, outlineOf } from "./past_version.ts";

interface Props {
  readonly board: Board;
  readonly session: Session;
  readonly close: () => void;
}

interface Told {
  readonly at?: number;
  readonly userId?: string;
}

const SHOWN = 30;

export function HistoryDialog({ board, session, close }: Props) {
  const path = `/api/dashboards/${board.dashboardId}`;
  const [versions, setVersions] = useState<readonly number[] | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const [state, setState] = useState<DocumentJson | null>(null);
  const [told, setTold] = useState<ReadonlyMap<number, Told>>(new Map());
  const [fault, setFault] = useState("");
  const canEdit = board.permissions.includes("write widget");

  useEffect(() => {
    void (async () => {
      try {
        const found = await session.api.get<{ versions: number[] }>(`${path}/checkpoints`);
        const newest = found.versions.slice(-SHOWN).reverse();
        setVersions(newest);
        await readMembers(session, board.dashboardId).catch(() => {}); // some may not
        for (const version of newest) {
          const made = await toldOf(session, path, version);
          setTold((known) => new Map([...known, [version, made]]));
        }
      } catch (error) {
        setFault(sentenceOf(error));
      }
    })();
  }, [session, board]);
  const choose = async (version: number): Promise<void> => {
    setChosen(version);
    setState(null);
    try {
      const found = await session.api.get<{ state: DocumentJson }>(
        `${path}/checkpoints/${version}`,
      );
      setState(found.state);
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };

  return (
    <Dialog title="Past versions" close={close} isWide>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <div class="history">
        <ul class="version-list" aria-label="Versions">
          {versions?.map((version) => (
            <li key={version}>
              <button
                class={version === chosen ? "version chosen" : "version"}
                aria-pressed={version === chosen}
                onClick={() => void choose(version)}
              >
                <strong>{whenOf(version, told.get(version))}</strong>
                <small class="soft">{whoOf(version, told.get(version), session)}</small>
              </button>
            </li>
          ))}
        </ul>
        <section class="version-view" aria-label="What it held" aria-live="polite">
          {state === null ? (
            <p class="soft">
              {versions?.length === 0
                ? "There are none yet: they are kept as people edit."
                : "Choose a version to look at."}
            </p>
          ) : (
            <>
              <h3>{state.title || "Untitled"}</h3>
              <ul class="outline">
                {outlineOf(state).map(({ id, title, kind, text }) => (
                  <li key={id}>
                    <strong>{title || kind}</strong>
                    <small class="soft">{text}</small>
                  </li>
                ))}
              </ul>
              {canEdit && (
                <button
                  class="primary"
                  onClick={() => {
                    attempt(() => bringBack(board, state));
                    close();
                  }}
                >
                  Bring it back
                </button>
              )}
            </>
          )}
        </section>
      </div>
    </Dialog>
  );
}

async function toldOf(session: Session, path: string, version: number): Promise<Told> {
  if (version === 0) return {};
  const query = { version: String(version - 1), limit: "1" };
  const page = await session.api
    .get<{ submissions: Told[] }>(`${path}/operations`, query)
    .catch(() => ({ submissions: [] })); // the log may reach back less far
  return page.submissions[0] ?? {};
}

function whenOf(version: number, told: Told | undefined): string {
  if (version === 0) return "The beginning";
  if (told?.at === undefined) return `Version ${version}`;
  return new Date(told.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

function whoOf(version: number, told: Told | undefined, session: Session): string {
  if (told?.at === undefined) return version === 0 ? "As it was made" : "";
  return `${session.nameOf(told.userId ?? null)} · version ${version}`;
}
