"""Who calls the API: the admin key for the host product, else a token that stands for a user."""

import hmac
from typing import Final

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from gateway.access import Caller
from gateway.authentication import Origin
from gateway.client_address import client_address
from gateway.http_surroundings import HttpSurroundings
from weft.errors import WeftError
from weft.limits import TOKEN_MAX_CHARACTERS

BEARER: Final = Depends(
    HTTPBearer(
        auto_error=False,
        description="The admin key, a session's token, or one signed by the host product (JWT).",
    )
)  # for the OpenAPI; `caller_of` does the work


async def caller_of(request: Request, around: HttpSurroundings) -> Caller:
    """Raises WeftError unauthenticated, forbidden, storage_unavailable."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= TOKEN_MAX_CHARACTERS:
        raise WeftError("unauthenticated", "The request has no bearer token.")
    origin = _origin(request, around)
    if hmac.compare_digest(token.encode(), around.admin_key.encode()):
        if "origin" in request.headers:  # only a browser names one
            raise WeftError("forbidden", "The admin key belongs into a backend, never into a page.")
        return Caller(origin.actor(None))
    user = await around.authenticator.user_of(token, origin)
    return Caller(origin.actor(user.user_id), user.session_id)


def _origin(request: Request, around: HttpSurroundings) -> Origin:
    peer = request.client.host if request.client else None
    forwarded_for = request.headers.getlist("x-forwarded-for")
    address = client_address(peer, forwarded_for, around.trusted_proxies)
    return Origin.of(address, request.headers.get("user-agent"))
