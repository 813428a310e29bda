"""Law 3, exactly once, over HTTP: a write that is sent again under its key is answered again.

Kept is what was done. What was refused has changed nothing and may be tried again under its key;
and so may what ended in a fault, for its edits are known to the owner by a name made of the key.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from fastapi import Request, Response

from gateway.access import Caller
from storage.delivery_ports import IdempotencyKeys, StoredAnswer
from weft import limits
from weft.errors import WeftError

log = logging.getLogger("weft.gateway.http")

SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
KEPT_HEADERS: Final = ("etag", "location")
HOST_ACTOR: Final = "admin"  # the keys of the host product; no user's id is that

Handler = Callable[[Request], Awaitable[Response]]


async def answered_once(
    keys: IdempotencyKeys, caller: Caller, request: Request, handle: Handler
) -> Response:
    """The answer of `handle`, or the one that it gave when the request came first."""
    key = request.headers.get("idempotency-key")
    request.state.caller = caller
    if key is None or request.method in SAFE_METHODS:
        return await handle(request)
    actor = str(caller.actor.user_id or HOST_ACTOR)
    fingerprint = await _fingerprint(request)
    kept = await keys.claim(actor, key, fingerprint, limits.IDEMPOTENCY_LEASE_SECONDS)
    if kept is not None:
        return _again(kept)
    named = uuid5(UUID(bytes=fingerprint), f"{actor} {key}")
    request.state.caller = replace(caller, request_id=named)
    try:
        response = await handle(request)
    except Exception:
        await _forget(keys, actor, key, fingerprint)
        raise
    if getattr(request.state, "holds_secret", False):
        await _forget(keys, actor, key, fingerprint)
    else:
        await _keep(keys, actor, key, fingerprint, response)
    return response


def holds_secret(request: Request) -> None:
    """The answer to this request is not kept: no token is stored as it is."""
    request.state.holds_secret = True


async def _fingerprint(request: Request) -> bytes:
    """16 bytes that tell a repeat from another request."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return blake2b(asked + await request.body(), digest_size=16).digest()


def _again(kept: StoredAnswer) -> Response:
    response: dict[str, Any] = kept.response
    headers = {**response["headers"], "Idempotency-Replayed": "true"}
    if "body" not in response:
        return Response(status_code=kept.status, headers=headers)
    body = orjson.dumps(response["body"])
    return Response(body, kept.status, headers, media_type="application/json")


async def _keep(
    keys: IdempotencyKeys, actor: str, key: str, fingerprint: bytes, response: Response
) -> None:
    """What was done is done, whether its answer can be kept or not."""
    told: dict[str, Any] = {
        "headers": {
            name: response.headers[name] for name in KEPT_HEADERS if name in response.headers
        }
    }
    if response.body:
        told["body"] = orjson.loads(response.body)
    answer = StoredAnswer(response.status_code, told)
    try:
        await keys.complete(actor, key, fingerprint, answer, limits.IDEMPOTENCY_KEEP_SECONDS)
    except WeftError as error:
        log.warning("the answer to an idempotent request is not kept: %s", error)


async def _forget(keys: IdempotencyKeys, actor: str, key: str, fingerprint: bytes) -> None:
    try:
        await keys.release(actor, key, fingerprint)
    except WeftError as error:
        log.warning("an idempotency key stays taken for its lease: %s", error)
