"""Law 6, permission is sequenced, for open sockets: which sessions to look at, and whose are over.

What is heard only says where to look; PostgreSQL says what is so. A socket is watched from when its
session was found there, so whatever has been heard since that question began is looked at too.
"""

from collections.abc import Collection, Iterable
from typing import Generic, TypeVar
from uuid import UUID

from storage.notices import Deaf, Heard, Listening, SessionEnded, UserChanged
from storage.ports import SessionUser

Member = TypeVar("Member")  # anything hashable


class WatchedSessions(Generic[Member]):
    """The open sockets of one gateway, by session."""

    def __init__(self) -> None:
        self.is_deaf = True
        self.heard = 0  # how much; to be asked for before a session is looked up
        self._members: dict[UUID, set[Member]] = {}
        self._users: dict[UUID, set[UUID]] = {}  # user to sessions
        self._due: set[UUID] = set()

    def begin(self, user: SessionUser, member: Member, heard_before: int) -> None:
        """`heard_before`: what `heard` was when the session was asked for."""
        self._members.setdefault(user.session_id, set()).add(member)
        self._users.setdefault(user.user_id, set()).add(user.session_id)
        if self.heard != heard_before:
            self._due.add(user.session_id)

    def end(self, user: SessionUser, member: Member) -> None:
        members = self._members.get(user.session_id, set())
        members.discard(member)
        if not members:
            self._members.pop(user.session_id, None)
            sessions = self._users.get(user.user_id, set())
            sessions.discard(user.session_id)
            if not sessions:
                self._users.pop(user.user_id, None)

    def hear(self, heard: Heard) -> None:
        self.heard += 1
        match heard:
            case SessionEnded(session_id):
                self._add({session_id})
            case UserChanged(user_id):
                self._add(self._users.get(user_id, ()))
            case Deaf():
                self.is_deaf = True
                self.look_at_all()
            case Listening():
                self.is_deaf = False
                self.look_at_all()

    def look_at_all(self) -> None:
        self.heard += 1
        self._due.update(self._members)

    def take_due(self) -> frozenset[UUID]:
        due, self._due = frozenset(self._due), set()
        return due

    def put_back(self, due: Iterable[UUID]) -> None:
        """They could not be looked at."""
        self._add(due)

    def over(self, asked: Iterable[UUID], alive: Collection[UUID]) -> list[Member]:
        """The sockets of those that are not alive any more."""
        return [
            member
            for session_id in asked
            if session_id not in alive
            for member in self._members.get(session_id, ())
        ]

    def of_user(self, user_id: UUID) -> list[Member]:
        return [
            member
            for session_id in self._users.get(user_id, ())
            for member in self._members[session_id]
        ]

    def _add(self, session_ids: Iterable[UUID]) -> None:
        self._due.update(id_ for id_ in session_ids if id_ in self._members)
