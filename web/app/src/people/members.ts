/** Who shares a dashboard, read anew; from then on they are called by their names. */

import type { Collaborator, DashboardListed, Page } from "../session/api.ts";
import type { Session } from "../session/session.ts";
import { learn } from "./names.ts";

const MOST = "200"; // of those who are listed at once

export interface Members {
  readonly dashboard: DashboardListed;
  readonly people: readonly Collaborator[]; // without the owner
}

/** @throws ApiError. */
export async function readMembers(session: Session, dashboardId: string): Promise<Members> {
  const path = `/api/dashboards/${dashboardId}`;
  const [dashboard, { items }] = await Promise.all([
    session.api.get<DashboardListed>(path),
    session.api.get<Page<Collaborator>>(`${path}/collaborators`, { limit: MOST }),
  ]);
  learn([dashboard.owner, ...items.map(({ user }) => user)]);
  return { dashboard, people: items };
}
