"""`weft verify`: reads dashboards page by page for the comparison; exit 1 if any differs."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from cluster.embedded_services import existing_postgres
from cluster.settings import Settings
from cluster.verification import Verification
from storage.ports import DashboardRows, OperationLog
from storage.postgres_pool import connect
from weft.errors import WeftError
from weft.limits import TAIL_MAX_VERSIONS

NO_ROWS: Final = DashboardRows(0, {}, {})


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    with existing_postgres(settings) as url:
        found = asyncio.run(_verify(url, _dashboard_id(arguments.dashboard)))
    differing = [id_ for id_, verification in found if verification.difference is not None]
    if arguments.json:
        print(json.dumps({"ok": not differing, "dashboards": [_to_json(*each) for each in found]}))
    else:
        for each in found:
            print(_sentence(*each))
        print(f"{len(found)} dashboards, {len(differing)} with a difference")
    return 1 if differing else 0


async def verify_dashboards(
    log: OperationLog, dashboard_ids: Sequence[UUID]
) -> list[tuple[UUID, Verification]]:
    return [(id_, await _verify_dashboard(log, id_)) for id_ in dashboard_ids]


async def _verify_dashboard(log: OperationLog, dashboard_id: UUID) -> Verification:
    """What cannot be read is a difference of this dashboard; the others are verified all the same.

    Raises WeftError unknown_dashboard, storage_unavailable.
    """
    while True:
        verification = Verification(NO_ROWS)
        try:
            return await _verify_once(log, dashboard_id, verification)
        except WeftError as error:
            if error.code == "conflict":
                continue  # retention has taken the beginning meanwhile: from the new one, then
            if error.code != "unreadable":
                raise
            verification.cannot_be_read(error.details["where"], error)
            return verification
        except (ValueError, TypeError, KeyError, RecursionError) as error:  # not even JSON of ours
            verification.cannot_be_read("what follows", error)
            return verification


async def _verify_once(
    log: OperationLog, dashboard_id: UUID, verification: Verification
) -> Verification:
    """Edits may go on meanwhile: so first the rows, which name their checkpoint, then the list of
    checkpoints, then the head, and then the log up to that head."""
    rows = await log.read_rows(dashboard_id)
    versions = await log.checkpoints(dashboard_id)
    head = await log.head(dashboard_id)
    if rows is None or head is None or not versions:
        raise WeftError("unknown_dashboard", f"There is no dashboard {dashboard_id}.")
    verification.rows = rows
    for version in versions:
        if verification.difference is not None:
            return verification
        checkpoint = await log.read_checkpoint(dashboard_id, version)
        if checkpoint is None:  # given up meanwhile by retention
            continue
        if verification.checkpoints == 0:
            verification.begin(version, checkpoint.state)
        else:
            await _check_log(log, dashboard_id, verification, version)
            verification.check_checkpoint(version, checkpoint.state)
    await _check_log(log, dashboard_id, verification, head.version)
    verification.finish(head.version)
    return verification


async def _check_log(
    log: OperationLog, dashboard_id: UUID, verification: Verification, up_to: int
) -> None:
    """A page at a time: a log may be longer than memory."""
    for after in range(verification.version, up_to, TAIL_MAX_VERSIONS):
        page_end = min(after + TAIL_MAX_VERSIONS, up_to)
        verification.check_log(await log.submissions_between(dashboard_id, after, page_end))


async def _verify(url: str, dashboard_id: UUID | None) -> list[tuple[UUID, Verification]]:
    stores = await connect(url)
    try:
        ids = await stores.log.dashboard_ids() if dashboard_id is None else (dashboard_id,)
        return await verify_dashboards(stores.log, ids)
    finally:
        await stores.close()


def _dashboard_id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise WeftError("misconfigured", f"--dashboard: {text!r} is no UUID") from None


def _to_json(dashboard_id: UUID, verification: Verification) -> dict[str, Any]:
    difference = verification.difference
    return {
        "dashboard_id": str(dashboard_id),
        "versions": verification.version,
        "checkpoints": verification.checkpoints,
        "newest_checkpoint": verification.newest_checkpoint,
        "difference": None if difference is None else difference.to_json(),
    }


def _sentence(dashboard_id: UUID, verification: Verification) -> str:
    difference = verification.difference
    if difference is None:
        held = f"{verification.version} versions, {verification.checkpoints} checkpoints"
        return f"{dashboard_id}  as it should be: {held}"
    told = difference.to_json()
    return (
        f"{dashboard_id}  DIFFERS at version {told['version']}: {told['law']}, {told['where']}: "
        f"expected {told['expected']}, found {told['found']}"
    )
