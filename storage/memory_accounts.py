"""Users, sessions and roles in memory: the twin of the accounts, on the tables of the log."""

from storage.accounts import IdentityAccounts
from storage.memory_identity import MemoryIdentity
from storage.memory_tables import MemoryTables


class MemoryAccounts(IdentityAccounts):
    """The port `Accounts`; `identity` has the whole of it."""

    def __init__(self, tables: MemoryTables, identity: MemoryIdentity | None = None) -> None:
        self.tables = tables
        self.identity = identity or MemoryIdentity(tables)
        super().__init__(self.identity.stores)
