"""Every member of a cluster tells how it is, once a second, off the editing path.

A directory that does not answer costs reports and nothing else.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

import weft
from storage.ports import Directory
from weft.errors import WeftError
from weft.limits import REPORT_EVERY_SECONDS, REPORT_TTL_SECONDS

logger = logging.getLogger(__name__)


async def keep_reporting(
    directory: Directory, name: str, tell: Callable[[], Mapping[str, Any]], address: str = ""
) -> None:
    """Until cancelled. `tell`: the fields of a weft.wire.cluster report that are its own.
    `address`: of its node; without one it tells the name of the machine.
    """
    loop = asyncio.get_running_loop()
    cpu_before, at = time.process_time(), loop.time()
    while True:
        await asyncio.sleep(REPORT_EVERY_SECONDS)
        now, cpu = loop.time(), time.process_time()
        passed = now - at
        report = {
            "name": name,
            "host": address or socket.gethostname(),
            "pid": os.getpid(),
            "version": weft.__version__,
            "cpu": round((cpu - cpu_before) / passed, 3),
            "lagMs": round(max(0.0, passed - REPORT_EVERY_SECONDS) * 1000, 1),
            **tell(),
        }
        try:
            await directory.report(name, orjson.dumps(report), REPORT_TTL_SECONDS)
        except WeftError as error:
            logger.debug("%s has not reported: %s", name, error)
        at, cpu_before = loop.time(), cpu
