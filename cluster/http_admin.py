"""What an administrator does over HTTP, for the commands that need users and dashboards."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any
from uuid import UUID

from weft.errors import CODES, WeftError

TIMEOUT_SECONDS = 20.0


class HttpAdmin:
    """`url` is a gateway's http://…; every method raises the WeftError that it answers."""

    def __init__(self, url: str, admin_key: str) -> None:
        self._url = url.rstrip("/")
        self._admin_key = admin_key

    async def create_user(self, username: str) -> UUID:
        body = {"email": f"{username}@example.org", "username": username}
        return UUID((await self._post("/api/users", body))["id"])

    async def create_session(self, user_id: UUID) -> str:
        """The token that a client says hello with."""
        return str((await self._post("/api/sessions", {"userId": str(user_id)}))["token"])

    async def create_dashboard(self, owner_id: UUID, title: str) -> UUID:
        body = {"ownerId": str(owner_id), "title": title}
        return UUID((await self._post("/api/dashboards", body))["id"])

    async def share(self, dashboard_id: UUID, user_id: UUID, role: str) -> None:
        body = {"userId": str(user_id), "role": role}
        await self._post(f"/api/dashboards/{dashboard_id}/collaborators", body)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._url + path,
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._admin_key}", "Content-Type": "application/json"},
        )
        answer = await asyncio.to_thread(_send, request)
        found: dict[str, Any] = json.loads(answer) if answer else {}
        return found


def _send(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            answer: bytes = response.read()
            return answer
    except urllib.error.HTTPError as error:
        raise _problem(error) from None
    except (OSError, ValueError) as error:
        message = f"{request.full_url} does not answer: {error}"
        raise WeftError("misconfigured", message) from None


def _problem(error: urllib.error.HTTPError) -> WeftError:
    try:
        fields = json.loads(error.read())
        return WeftError(
            fields["code"] if fields["code"] in CODES else "internal", fields["detail"]
        )
    except (ValueError, KeyError, TypeError):
        return WeftError("internal", f"{error.url} answers {error.code} {error.reason}")
