"""The stores of identity in PostgreSQL, made to work on the same pool."""

from storage.identity_ports import IdentityStores
from storage.postgres_connection import Pool
from storage.postgres_dashboards import PostgresDashboards
from storage.postgres_sessions import PostgresSessions
from storage.postgres_sharing import PostgresSharing
from storage.postgres_users import PostgresUsers


def identity_stores(pool: Pool) -> IdentityStores:
    return IdentityStores(
        PostgresUsers(pool), PostgresSessions(pool), PostgresDashboards(pool), PostgresSharing(pool)
    )
