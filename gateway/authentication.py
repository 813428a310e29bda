"""Law 6 begins with who asks: whom a token stands for, on sockets and over HTTP alike.

A session's token is known by its hash. A token signed by the host product opens a session of its
own when it is first seen, so that it can be listed and revoked like any other.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from gateway.signed_token import Claims, TokenRules, looks_signed, read_claims
from storage.identity_ports import Actor, Sessions, Users
from storage.ports import SessionUser
from weft.errors import WeftError
from weft.limits import USER_AGENT_MAX_CHARACTERS
from weft.models import DeviceInfo, SessionCreate, UserCreate
from weft.models.address import Address
from weft.models.json_content import storable


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody comes from: the address as seen past the trusted proxies."""

    address: Address | None = None
    user_agent: str | None = None

    @classmethod
    def of(cls, address: Address | None, user_agent: str | None) -> "Origin":
        """With as much of the agent as can be stored."""
        agent = user_agent[:USER_AGENT_MAX_CHARACTERS] if user_agent else None
        return cls(address, agent if agent and storable(agent) else None)

    def actor(self, user_id: UUID | None) -> Actor:
        return Actor(user_id, self.address, self.user_agent)


NOWHERE: Final = Origin()


class Authenticator(Protocol):
    async def user_of(self, token: str, origin: Origin) -> SessionUser:
        """Raises WeftError unauthenticated, storage_unavailable."""


class SessionFinder(Protocol):
    """The part of `storage.identity_ports.Sessions` that ordinary tokens and open sockets need."""

    async def find_session(self, token_hash: str) -> SessionUser | None: ...

    async def alive(self, session_ids: Collection[UUID]) -> frozenset[UUID]: ...


class SessionTokens:
    """The port `Authenticator`, for tokens of sessions."""

    def __init__(self, sessions: SessionFinder) -> None:
        self._sessions = sessions

    async def user_of(self, token: str, origin: Origin) -> SessionUser:  # noqa: ARG002
        user = await self._sessions.find_session(hash_of(token))
        if user is None:
            raise WeftError("unauthenticated")
        return user


class SignedTokens:
    """The port `Authenticator`, for tokens that the host product has signed, and for the others."""

    def __init__(
        self, users: Users, sessions: Sessions, rules: TokenRules, clock: Callable[[], float]
    ) -> None:
        """`clock` gives seconds since epoch."""
        self._users = users
        self._sessions = sessions
        self._plain = SessionTokens(sessions)
        self._rules = rules
        self._clock = clock

    async def user_of(self, token: str, origin: Origin) -> SessionUser:
        if not looks_signed(token):
            return await self._plain.user_of(token, origin)
        claims = read_claims(token, self._rules, self._clock())
        user = await self._sessions.find_session(claims.token_hash)
        if user is None:
            await self._open_session(claims, origin)
            user = await self._sessions.find_session(claims.token_hash)
        if user is None:
            raise WeftError("unauthenticated")
        return user

    async def _open_session(self, claims: Claims, origin: Origin) -> None:
        """A hash that is taken is of a session that is over, or that has just been opened."""
        if self._rules.creates_users and await self._users.user(claims.subject) is None:
            await self._create_user(claims, origin)
        session = SessionCreate(
            user_id=claims.subject,
            device_info=DeviceInfo(user_agent=origin.user_agent),
            ip_address=origin.address,
            ttl_seconds=claims.ttl_seconds,
        )
        try:
            await self._sessions.open_session(session, claims.token_hash, origin.actor(None))
        except WeftError as error:
            if error.code == "not_found":
                message = "The signed token's subject is no active user here."
                raise WeftError("unauthenticated", message) from None
            if error.code != "conflict":
                raise

    async def _create_user(self, claims: Claims, origin: Origin) -> None:
        try:
            user = UserCreate.from_wire(
                {
                    "email": claims.email,
                    "username": claims.username or claims.email,
                    "fullName": claims.full_name,
                }
            )
            await self._users.create_user(user, origin.actor(None), claims.subject)
        except WeftError as error:
            if error.code not in ("invalid_message", "conflict"):
                raise
            if await self._users.user(claims.subject) is None:  # or somebody was faster
                message = "The signed token's claims make no new user: " + error.message
                raise WeftError("unauthenticated", message) from None


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
