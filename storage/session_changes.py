"""Changes of sessions: the host product opens them, it and their user end them."""

from uuid import UUID

from storage.change_rules import check_host, check_self, held_user
from storage.changes import change
from storage.identity_ports import Actor
from storage.identity_transaction import Begin
from storage.user_changes import end_sessions
from weft.errors import WeftError
from weft.models import Session, SessionCreate


class SessionChanges:
    """The changing half of the port `Sessions`, over any tables."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    async def open_session(self, session: SessionCreate, token_hash: str, actor: Actor) -> Session:
        check_host(actor)
        async with self._begin() as transaction:
            await held_user(transaction, session.user_id)
            opened = await transaction.insert_session(session, token_hash)
            await transaction.record(actor, change("session.opened", opened.id, None, opened))
        return opened

    async def end_session(self, session_id: UUID, actor: Actor) -> Session:
        async with self._begin() as transaction:
            old = await transaction.lock_session(session_id)
            if old is None or actor.user_id not in (None, old.user_id):
                raise WeftError("not_found", "No such session.")
            if not old.is_active:
                return old
            ended = old.model_copy(update={"is_active": False})
            await transaction.end_session(session_id)
            await transaction.record(actor, change("session.ended", session_id, old, ended))
        return ended

    async def end_sessions(
        self, user_id: UUID, actor: Actor, keep: UUID | None = None
    ) -> tuple[UUID, ...]:
        check_self(actor, user_id)
        async with self._begin() as transaction:
            return await end_sessions(transaction, actor, user_id, keep)
