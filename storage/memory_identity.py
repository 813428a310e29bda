"""The memory twins of identity, made to work on the same tables."""

from storage.identity_ports import IdentityStores
from storage.memory_audit import MemoryAudit
from storage.memory_deliveries import MemoryDeliveries
from storage.memory_sessions import MemorySessions
from storage.memory_sharing import MemoryDashboards, MemorySharing
from storage.memory_tables import MemoryTables
from storage.memory_templates import MemoryTemplates
from storage.memory_transaction import transactions
from storage.memory_users import MemoryUsers


class MemoryIdentity:
    """`stores`, and what they write to and read beside."""

    def __init__(
        self,
        tables: MemoryTables,
        audit: MemoryAudit | None = None,
        outbox: MemoryDeliveries | None = None,
        templates: MemoryTemplates | None = None,
    ) -> None:
        self.tables = tables
        self.audit = audit or MemoryAudit(tables.now)
        self.outbox = outbox or MemoryDeliveries(tables)
        self.templates = templates or MemoryTemplates()
        begin = transactions(tables, self.audit, self.outbox, self.templates)
        self.stores = IdentityStores(
            MemoryUsers(begin, tables, self.audit),
            MemorySessions(begin, tables),
            MemoryDashboards(begin, tables),
            MemorySharing(begin, tables),
        )
