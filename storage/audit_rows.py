"""Between the audit trail's port and its columns; both twins go through here. Pure."""

from typing import Any, Final

from storage.query_ports import AuditEntry, AuditFilter
from storage.query_rows import taken
from storage.rows import Row, check_text, encode_json
from weft.errors import WeftError
from weft.limits import (
    AUDIT_ACTION_MAX_CHARACTERS,
    AUDIT_ENTITY_TYPE_MAX_CHARACTERS,
    USER_AGENT_MAX_CHARACTERS,
)
from weft.models import AuditLog

EQUALS: Final = ("user_id", "dashboard_id", "action", "entity_type", "entity_id")


def audit_columns(entry: AuditEntry) -> tuple[Any, ...]:
    """user_id, dashboard_id, action, entity_type, entity_id, old_values, new_values, ip_address,
    user_agent. Raises WeftError limit_exceeded, unstorable_text.

    A user agent is what a stranger sends: if it is too long it is cut, for no change fails by it.
    """
    check_text("action", entry.action, AUDIT_ACTION_MAX_CHARACTERS)
    check_text("entity_type", entry.entity_type, AUDIT_ENTITY_TYPE_MAX_CHARACTERS)
    user_agent = entry.user_agent and entry.user_agent[:USER_AGENT_MAX_CHARACTERS]
    check_text("user_agent", user_agent, USER_AGENT_MAX_CHARACTERS)
    for values in (entry.old_values, entry.new_values):
        try:
            encode_json(values)
        except ValueError as error:
            raise WeftError("unstorable_text", field="values") from error
    return (
        entry.user_id,
        entry.dashboard_id,
        entry.action,
        entry.entity_type,
        entry.entity_id,
        entry.old_values,
        entry.new_values,
        entry.ip_address,
        user_agent,
    )


def audit_log_from(row: Row) -> AuditLog:
    return taken(AuditLog, row)


def conditions(wanted: AuditFilter) -> tuple[list[str], list[Any]]:
    """SQL conditions and their arguments $1, $2, …: only what is asked for, so that each
    combination is planned with the index that serves it.
    """
    asked = [(f"{name} = ", getattr(wanted, name)) for name in EQUALS]
    asked += [("created_at >= ", wanted.since), ("created_at < ", wanted.until)]
    given = [(start, value) for start, value in asked if value is not None]
    texts = [f"{start}${number}" for number, (start, _) in enumerate(given, start=1)]
    return texts, [value for _, value in given]


def matches(log: AuditLog, wanted: AuditFilter) -> bool:
    """What `conditions` say, of one record."""
    equal = all(getattr(wanted, name) in (None, getattr(log, name)) for name in EQUALS)
    since, until = wanted.since, wanted.until
    return (
        equal
        and (since is None or log.created_at >= since)
        and (until is None or log.created_at < until)
    )
