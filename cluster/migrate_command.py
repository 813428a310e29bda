"""`weft migrate`: brings the schema up to date; safe to run from anywhere, and more than once."""

import argparse
import asyncio
import json

from cluster.data_dir_file import find_running, hold
from cluster.embedded_services import existing_postgres, postgres_server
from cluster.settings import Settings
from storage.postgres_migrations import migrate


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    if settings.postgres_url is not None or find_running(settings.data_dir) is not None:
        with existing_postgres(settings) as url:
            applied = asyncio.run(migrate(url))
    else:
        with hold(settings.data_dir), postgres_server(settings) as url:
            applied = asyncio.run(migrate(url))
    if arguments.json:
        print(json.dumps({"applied": applied}))
    else:
        print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
    return 0
