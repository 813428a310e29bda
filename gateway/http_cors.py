"""Law 6, permission is sequenced, for pages of other origins: each may do what its user may.

It says who its user is by a session's token; there are no cookies, so no page borrows another's.
The origins are those that may open sockets (`WEFT_ALLOWED_ORIGINS`). If none is named none is let
in. The admin key is refused to a page, whatever its origin: it would be in the hands of everybody
who looks at the page.
"""

from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

PREFLIGHT_MAX_AGE_SECONDS: Final = 600  # then a browser asks again whether it may
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
MAY_SEND: Final = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match")
MAY_READ: Final = ("ETag", "Location", "Retry-After", "Idempotency-Replayed")


def add_cors(app: FastAPI, origins: tuple[str, ...]) -> None:
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=MAY_SEND,
            expose_headers=MAY_READ,
            max_age=PREFLIGHT_MAX_AGE_SECONDS,
        )
