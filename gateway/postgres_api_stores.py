"""What the HTTP API works with, on the PostgreSQL that `connect` has opened."""

from gateway.http_surroundings import ApiStores
from storage.postgres_audit import PostgresAudit
from storage.postgres_idempotency import PostgresIdempotencyKeys
from storage.postgres_outbox import PostgresOutbox
from storage.postgres_pool import PostgresStores
from storage.postgres_queries import PostgresQueries
from storage.postgres_templates import PostgresTemplates
from storage.postgres_webhooks import PostgresWebhooks


def api_stores(stores: PostgresStores) -> ApiStores:
    return ApiStores(
        stores.identity,
        PostgresQueries(stores.pool),
        stores.log,
        PostgresAudit(stores.pool),
        PostgresTemplates(stores.pool),
        PostgresIdempotencyKeys(stores.pool),
        PostgresWebhooks(stores.pool),
        PostgresOutbox(stores.pool),
    )
