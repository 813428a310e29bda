"""What a gateway needs in order to serve: PostgreSQL, Redis and an owner, asked by name."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final
from uuid import UUID

from gateway.authentication import SessionFinder
from storage.ports import Directory
from weft import limits
from weft.errors import WeftError

WELL: Final = "ok"
_NO_TOKEN_HASH: Final = "0" * 64  # of no token: to ask for it shows that PostgreSQL answers
NO_DASHBOARD: Final = UUID(int=0)


async def readiness(sessions: SessionFinder, directory: Directory) -> dict[str, str]:
    """By name WELL, or what is wrong."""
    postgres, redis, owner = await asyncio.gather(
        _fault_of(sessions.find_session(_NO_TOKEN_HASH)),
        _fault_of(directory.holder(NO_DASHBOARD)),
        _fault_of(_find_owner(directory)),
    )
    return {"postgres": postgres, "redis": redis, "owner": owner}


async def _find_owner(directory: Directory) -> None:
    if not await directory.owners():
        raise WeftError("owner_unavailable", "No owner is announced.")


async def _fault_of(asked: Awaitable[Any]) -> str:
    try:
        async with asyncio.timeout(limits.READINESS_TIMEOUT_SECONDS):
            await asked
    except (WeftError, TimeoutError) as error:
        return str(error) or "no answer in time"
    return WELL
