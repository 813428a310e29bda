"""The host product: makes users and dashboards over HTTP, and takes roles away and gives them back.

What is not answered is asked again, of the next gateway; when each was asked and answered is kept.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar
from uuid import UUID, uuid4

from cluster.chaos.history import Change
from weft.client.admin import AdminClient
from weft.errors import Retry, WeftError
from weft.models import CollaboratorPatch, SessionCreate, UserCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

ANSWER_SECONDS = 10.0  # a gateway that is stopped does not answer; then another is asked
ASK_AGAIN_SECONDS = 0.2
T = TypeVar("T")


class Host:
    def __init__(self, gateways: Sequence[AdminClient]) -> None:
        self.changes: dict[UUID, list[Change]] = {}  # by dashboard
        self._gateways = list(gateways)

    async def ask(self, request: Callable[[AdminClient], Awaitable[T]]) -> T:
        """Of one gateway after the other, until one answers. Raises WeftError when it refuses."""
        while True:
            gateway = self._gateways[0]
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await request(gateway)
            except TimeoutError:
                pass
            except WeftError as error:
                if is_refusal(error):
                    raise
            self._gateways.append(self._gateways.pop(0))
            await asyncio.sleep(ASK_AGAIN_SECONDS)

    async def new_user(self, name: str) -> tuple[UUID, str]:
        """And the token of a session."""
        unique = f"{name}-{uuid4().hex[:12]}"
        order = UserCreate(email=f"{unique}@example.org", username=unique)
        user = await self.ask(lambda gateway: gateway.users.create(order))
        wanted = SessionCreate(user_id=user.id)
        session = await self.ask(lambda gateway: gateway.sessions.open(wanted))
        return user.id, session.token

    async def new_dashboard(self, owner_id: UUID, title: str) -> UUID:
        order = DashboardOrder(owner_id=owner_id, title=title)
        return (await self.ask(lambda gateway: gateway.dashboards.create(order))).id

    async def set_role(self, dashboard_id: UUID, user_id: UUID, role: str | None) -> None:
        """None: none any more. Returns when it was answered."""
        while True:
            called_at = time.time()
            is_answered = False
            try:
                is_answered = await self._try_role(dashboard_id, user_id, role)
            finally:
                returned_at = time.time() if is_answered else None
                change = Change(user_id, role, called_at, returned_at)
                self.changes.setdefault(dashboard_id, []).append(change)
            if is_answered:
                return
            await asyncio.sleep(ASK_AGAIN_SECONDS)

    async def _try_role(self, dashboard_id: UUID, user_id: UUID, role: str | None) -> bool:
        """False: it was not answered, or not as we thought."""
        order = {"userId": str(user_id), "role": role, "isAccepted": True}
        try:
            if role is None:
                await self._once(lambda at: at.collaborators.remove(dashboard_id, user_id))
            else:
                patch = CollaboratorPatch.from_wire({"role": role})
                await self._once(lambda at: at.collaborators.change(dashboard_id, user_id, patch))
        except WeftError as error:
            if error.code != "not_found":
                return False
            if role is None:
                return True  # gone by an attempt whose answer was lost: and that counts now
            invitation = CollaboratorOrder.from_wire(order)
            try:
                await self._once(lambda at: at.collaborators.invite(dashboard_id, invitation))
            except (WeftError, TimeoutError):
                return False
        except TimeoutError:
            return False
        return True

    async def _once(self, request: Callable[[AdminClient], Awaitable[T]]) -> T:
        """Raises WeftError, TimeoutError; then the next gateway is asked the next time."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await request(self._gateways[0])
        except (WeftError, TimeoutError) as error:
            if not isinstance(error, WeftError) or not is_refusal(error):
                self._gateways.append(self._gateways.pop(0))
            raise

    async def be_fickle(self, dashboard_id: UUID, users: Sequence[UUID], seed: str) -> None:
        """Take away and give back, until cancelled."""
        chance = random.Random(seed)
        while True:
            await asyncio.sleep(chance.uniform(1.0, 3.0))
            user_id = chance.choice(users)
            await self.set_role(dashboard_id, user_id, chance.choice((None, "viewer")))
            await asyncio.sleep(chance.uniform(0.5, 2.0))
            await self.set_role(dashboard_id, user_id, "editor")


def is_refusal(error: WeftError) -> bool:
    """The gateway has answered, and asking again cannot help."""
    return error.retry is Retry.NEVER and error.code != "misconfigured"  # the last: no answer


async def a_host(stack: AsyncExitStack, urls: Sequence[str], admin_key: str) -> Host:
    gateways = [await stack.enter_async_context(AdminClient(url, admin_key)) for url in urls]
    return Host(gateways)
