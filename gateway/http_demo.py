"""One-click sign-in for a system that was started to be tried out, and for no other.

Only the named users, only when they were named at the start, and only for who asks by a name of
this machine: a page from elsewhere whose name was made to lead here is refused.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gateway.authentication import hash_of
from gateway.http_app import is_local
from gateway.http_sessions import new_token
from gateway.http_surroundings import HttpSurroundings
from storage.identity_ports import HOST
from weft.errors import WeftError
from weft.models import IssuedSession, SessionCreate

Username = Annotated[str, Path(max_length=100)]


def demo_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(prefix="/demo", include_in_schema=False)
    identity = around.stores.identity

    @router.post("/{username}/session", status_code=201)
    async def sign_in(username: Username, request: Request, response: Response) -> IssuedSession:
        if username not in around.demo_users:
            raise WeftError("not_found", "No such demo user.")
        if not is_local(request.headers.get("host", "")):
            raise WeftError("forbidden", "The demo is for this machine alone.")
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise WeftError("forbidden", "The demo is for its own page alone.")
        user = await identity.users.find_user(email=None, username=username)
        if user is None:
            raise WeftError("not_found", "The demo is still being made.")
        token = new_token()
        order = SessionCreate(user_id=user.id)
        opened = await identity.sessions.open_session(order, hash_of(token), HOST)
        response.headers["Cache-Control"] = "no-store"
        return IssuedSession.model_construct(**dict(opened), token=token)

    return router
