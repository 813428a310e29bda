"""The content of dashboards over HTTP: read at its head, changed by its owner as operations."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from gateway.access import Access, Caller
from gateway.dashboard_content import at_head, facts_of
from gateway.http_preconditions import changed
from gateway.http_surroundings import HttpSurroundings
from gateway.owner_edits import Edit
from storage.ports import LoggedSubmission
from storage.query_ports import DashboardContent
from weft.errors import WeftError
from weft.limits import HTTP_HEAD_ATTEMPTS, TAIL_MAX_VERSIONS
from weft.ot import operation_from_json


class Contents:
    def __init__(self, around: HttpSurroundings) -> None:
        self._queries = around.stores.queries
        self._log = around.stores.log
        self._edits = around.edits

    async def read(self, dashboard_id: UUID) -> DashboardContent:
        """Says nothing about who may see it. Raises WeftError unknown_dashboard."""
        for _ in range(HTTP_HEAD_ATTEMPTS):
            content = await self._queries.dashboard_with_widgets(dashboard_id)
            if content is None:
                raise WeftError("unknown_dashboard")
            if content.content_version == content.dashboard.version:
                return content
            checkpoint = await self._log.read_checkpoint(dashboard_id, content.content_version)
            tail = await self._tail(content)
            if checkpoint is not None and tail is not None:
                return await asyncio.to_thread(at_head, content, checkpoint.state, tail)
        raise WeftError("storage_unavailable", "The log is being cut short all the time.")

    async def edit(
        self,
        caller: Caller,
        access: Access,
        seen: DashboardContent,
        edits: Sequence[dict[str, Any]],
        guard: str | None = None,
    ) -> None:
        """Made at `seen`; returns when it has committed, which sockets see at once.

        `guard`: what must still be as seen (412): a widget's id, or ANYTHING. Raises WeftError:
        what the algebra, the permissions or the owner refuse it with.
        """
        user_id = caller.user_id()
        if not edits:
            return
        operations = [operation_from_json(edit) for edit in edits]
        dashboard = seen.dashboard
        await access.ask_to_edit(dashboard.id, operations, facts_of(seen).get)
        replica_id = caller.request_id or uuid4()
        edit = Edit(
            dashboard.id,
            user_id,
            replica_id,
            dashboard.version,
            tuple(edits),
            caller.actor.address,
            guard,
        )
        try:
            await self._edits.submit(edit)
        except WeftError as error:
            if error.code == "conflict" and "headVersion" in error.details:
                raise changed() from None
            raise

    async def _tail(self, content: DashboardContent) -> tuple[LoggedSubmission, ...] | None:
        """From the rows' version to the head. None: retention has just taken some of it, for there
        is a newer checkpoint.
        """
        found: list[LoggedSubmission] = []
        head = content.dashboard.version
        for after in range(content.content_version, head, TAIL_MAX_VERSIONS):
            up_to = min(after + TAIL_MAX_VERSIONS, head)
            try:
                found += await self._log.submissions_between(content.dashboard.id, after, up_to)
            except WeftError as error:
                if error.code != "conflict":
                    raise
                return None
        return tuple(found)
