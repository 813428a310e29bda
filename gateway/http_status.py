"""How this gateway is, for anyone who asks: alive, ready, and where to connect."""

from fastapi import APIRouter, Response

from gateway.http_readiness import WELL, readiness
from gateway.http_surroundings import HttpSurroundings
from weft.wire.http import Health, Readiness


def status_routes(around: HttpSurroundings) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.get("/health")
    async def health() -> Health:
        """This process answers."""
        return Health(status=WELL, gateway_id=around.gateway_id)

    @router.get("/ready", responses={503: {"model": Readiness, "description": "Not ready."}})
    async def ready(response: Response) -> Readiness:
        """PostgreSQL and Redis answer, and there is an owner; `checks` names what is missing."""
        checks = await readiness(around.stores.identity.sessions, around.directory)
        well = all(answer == WELL for answer in checks.values())
        response.status_code = 200 if well else 503
        return Readiness(ready=well, checks=checks)

    return router
