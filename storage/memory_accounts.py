"""Users, sessions and roles in memory: the twin of postgres_accounts, on the log's tables."""

from uuid import UUID, uuid4

from storage.memory_tables import DashboardTable, MemoryTables, SessionRow, StoredRows, UserRow
from storage.ports import SessionUser
from storage.rows import (
    EMAIL_MAX_CHARACTERS,
    FULL_NAME_MAX_CHARACTERS,
    USERNAME_MAX_CHARACTERS,
    check_role,
    check_text,
    check_title,
    empty_state,
    encode_json,
)
from weft.errors import WeftError


class MemoryAccounts:
    """The port `Accounts`."""

    def __init__(self, tables: MemoryTables) -> None:
        self.tables = tables

    async def create_user(self, email: str, username: str, full_name: str | None = None) -> UUID:
        self._answer()
        check_text("email", email, EMAIL_MAX_CHARACTERS)
        check_text("username", username, USERNAME_MAX_CHARACTERS)
        check_text("full_name", full_name, FULL_NAME_MAX_CHARACTERS)
        if any(
            user.email == email or user.username == username for user in self.tables.users.values()
        ):
            raise WeftError("conflict", "email or username is taken")
        user_id = uuid4()
        self.tables.users[user_id] = UserRow(email, username)
        return user_id

    async def create_session(self, user_id: UUID, token_hash: str, ttl_seconds: float) -> UUID:
        self._answer()
        if user_id not in self.tables.users:
            raise WeftError("not_found", "no such user")
        if any(row.token_hash == token_hash for row in self.tables.sessions.values()):
            raise WeftError("conflict", "token_hash is taken")
        session_id = uuid4()
        expires_at = self.tables.clock() + ttl_seconds
        self.tables.sessions[session_id] = SessionRow(user_id, token_hash, expires_at)
        return session_id

    async def find_session(self, token_hash: str) -> SessionUser | None:
        self._answer()
        for session_id, row in self.tables.sessions.items():
            if row.token_hash == token_hash:
                user = self.tables.users[row.user_id]
                if not row.is_active or not user.is_active:
                    return None
                if row.expires_at <= self.tables.clock():
                    return None
                expires_at_ms = int(row.expires_at * 1000)
                return SessionUser(session_id, row.user_id, user.username, expires_at_ms)
        return None

    async def revoke_session(self, session_id: UUID) -> bool:
        self._answer()
        row = self.tables.sessions.get(session_id)
        if row is None or not row.is_active:
            return False
        row.is_active = False
        return True

    async def create_dashboard(
        self, owner_id: UUID, title: str, dashboard_id: UUID | None = None
    ) -> UUID:
        self._answer()
        check_title(title)
        if owner_id not in self.tables.users:
            raise WeftError("not_found", "no such user")
        dashboard_id = dashboard_id or uuid4()
        if dashboard_id in self.tables.dashboards:
            raise WeftError("conflict", "this dashboard exists already")
        state = encode_json(empty_state(title))
        self.tables.dashboards[dashboard_id] = DashboardTable(
            owner_id, StoredRows(state), checkpoints={0: (state, 0)}
        )
        return dashboard_id

    async def share(self, dashboard_id: UUID, user_id: UUID, role: str) -> None:
        self._answer()
        check_role(role)
        table = self.tables.dashboards.get(dashboard_id)
        if table is None or user_id not in self.tables.users:
            raise WeftError("not_found", "no such dashboard or user")
        table.collaborators[user_id] = role

    async def role_of(self, dashboard_id: UUID, user_id: UUID) -> str | None:
        self._answer()
        table = self.tables.dashboards.get(dashboard_id)
        if table is None:
            return None
        if table.owner_id == user_id:
            return "owner"
        return table.collaborators.get(user_id) or ("viewer" if table.is_public else None)

    def _answer(self) -> None:
        if self.tables.unavailable:
            raise WeftError("storage_unavailable")
