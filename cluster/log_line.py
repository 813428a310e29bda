"""A log record as one line of JSON, whatever is in it: for machines to gather, still readable.

What a record is about stands in fields of its own (`extra=`): dashboard, replica, sequence,
version, cause, trace. A token has no field here, and never comes into a message either.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

FIELDS: Final = ("dashboard", "replica", "sequence", "version", "cause", "trace", "took_ms", "step")


class JsonLines(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": at,
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def log_as_json(process: str) -> None:
    """From here on this process writes its log to standard error, a JSON object each line."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("websockets").setLevel(logging.WARNING)  # not a line per connection
    logging.getLogger("httpx").setLevel(logging.WARNING)  # not a line per webhook
