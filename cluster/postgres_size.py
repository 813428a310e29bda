"""What PostgreSQL has on disk for the log and what belongs to it: rows, indexes and TOAST."""

from storage.postgres_connection import connect

TABLES_BYTES = """
SELECT coalesce(sum(pg_total_relation_size(tree.relid)), 0)::BIGINT
FROM unnest(ARRAY['operations', 'checkpoints', 'replica_marks', 'widgets', 'dashboards'])
         AS wanted (name),
     pg_partition_tree(to_regclass(wanted.name)) AS tree
WHERE tree.isleaf
"""


async def stored_bytes(url: str) -> int:
    connection = await connect(url)
    try:
        return int(await connection.fetchval(TABLES_BYTES))
    finally:
        await connection.close()
