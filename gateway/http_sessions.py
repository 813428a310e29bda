"""Sessions over HTTP: a trusted backend opens them for its users; they and their user end them."""

import secrets
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.access import Caller
from gateway.authentication import hash_of
from gateway.http_idempotency import holds_secret
from gateway.http_problems import documented, telling
from gateway.http_requests import WRITES, After, ApiRoute, CallerOf, Limit, Sent
from gateway.http_surroundings import HttpSurroundings
from storage.identity_ports import Sessions
from weft.errors import WeftError
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import IssuedSession, Session, SessionCreate
from weft.wire.http import Listed, SessionsEnded

TOKEN_BYTES: Final = 32
READS: Final = documented()
CHANGES: Final = documented(writes=True)
SessionId = Annotated[UUID, Path(alias="sessionId")]
OfUser = Annotated[
    UUID | None, Query(alias="userId", description="Whose; needed with the admin key.")
]


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def session_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/api/sessions", tags=["sessions"], route_class=ApiRoute)
    sessions = around.stores.identity.sessions

    @router.post("", status_code=201, responses=telling(CHANGES, 201, "Location"))
    async def open_session(
        session: Sent[SessionCreate], caller: CallerOf, request: Request, response: Response
    ) -> IssuedSession:
        """For the host product. The token is told here and never again: only its hash is kept, so
        that an Idempotency-Key does nothing here.
        """
        holds_secret(request)
        caller.ask_host()
        token = new_token()
        opened = await sessions.open_session(session, hash_of(token), caller.actor)
        response.headers["Location"] = f"/api/sessions/{opened.id}"
        return IssuedSession.model_construct(**dict(opened), token=token)

    @router.get("", responses=READS)
    async def list_sessions(
        caller: CallerOf,
        user_id: OfUser = None,
        ended: Annotated[bool, Query(description="Also those that are over.")] = False,
        after: After = None,
        limit: Limit = PAGE_DEFAULT_ITEMS,
    ) -> Listed[Session]:
        """Of oneself, or of a user of the host product; newest first."""
        page = await sessions.sessions(caller.whose(user_id), ended=ended, after=after, limit=limit)
        return Listed(items=page.items, next_cursor=page.next_cursor)

    @router.delete("", responses=CHANGES, dependencies=WRITES)
    async def end_sessions(
        caller: CallerOf,
        user_id: OfUser = None,
        keep: Annotated[UUID | None, Query(description="A session that goes on.")] = None,
    ) -> SessionsEnded:
        """All of a user's that are alive: signing out everywhere."""
        ended = await sessions.end_sessions(caller.whose(user_id), caller.actor, keep)
        return SessionsEnded(session_ids=ended)

    @router.get("/current", responses=READS)
    async def read_current(caller: CallerOf) -> Session:
        """The session whose token this is."""
        caller.user_id()
        assert caller.session_id is not None
        return await _visible(sessions, caller, caller.session_id)

    @router.get("/{sessionId}", responses=READS)
    async def read_session(session_id: SessionId, caller: CallerOf) -> Session:
        return await _visible(sessions, caller, session_id)

    @router.delete("/{sessionId}", responses=CHANGES, dependencies=WRITES)
    async def end_session(session_id: SessionId, caller: CallerOf) -> Session:
        """Whoever holds its token is out at once. Ended already: nothing changes."""
        return await sessions.end_session(session_id, caller.actor)

    return router


async def _visible(sessions: Sessions, caller: Caller, session_id: UUID) -> Session:
    found = await sessions.session(session_id)
    if found is None or caller.actor.user_id not in (None, found.user_id):
        raise WeftError("not_found", "No such session.")
    return found
