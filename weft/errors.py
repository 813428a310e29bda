"""Law 7, bad input is answered: every error has a stable code, says whose fault it is and
whether trying again can help, and survives the trip between processes.

The table below is the only list of codes. Standard library only.
"""

from enum import StrEnum
from typing import Any, NamedTuple


class Fault(StrEnum):
    """Who has to change something."""

    CLIENT = "client"
    SERVER = "server"


class Retry(StrEnum):
    """What trying again takes."""

    NEVER = "never"  # the same content will be refused again
    LATER = "later"  # the same content may pass after `retry_after_ms`
    REBASE = "rebase"  # catch up, transform, send again
    REJOIN = "rejoin"  # join the dashboard again, then send what is in flight
    REAUTHENTICATE = "reauthenticate"  # get a new token first


class CodeEntry(NamedTuple):
    fault: Fault
    retry: Retry
    meaning: str


C, S = Fault.CLIENT, Fault.SERVER
CODES: dict[str, CodeEntry] = {
    # the frame
    "malformed": CodeEntry(C, Retry.NEVER, "The frame is not a JSON object in UTF-8."),
    "invalid_message": CodeEntry(C, Retry.NEVER, "A field is missing, unknown or mistyped."),
    "unsupported_protocol": CodeEntry(C, Retry.NEVER, "No common protocol version."),
    "too_large": CodeEntry(C, Retry.NEVER, "A size limit is exceeded."),
    "too_deep": CodeEntry(C, Retry.NEVER, "JSON is nested beyond the limit."),
    "unstorable_text": CodeEntry(
        C, Retry.NEVER, "A string holds NUL or a lone surrogate, which PostgreSQL cannot hold."
    ),
    "invalid_number": CodeEntry(
        C, Retry.NEVER, "A number is NaN, infinite, or an integer beyond 2^53 - 1."
    ),
    "forbidden_key": CodeEntry(C, Retry.NEVER, "A key such as __proto__ is not allowed."),
    # the operation
    "invalid_operation": CodeEntry(C, Retry.NEVER, "The operation is not well formed."),
    "invalid_path": CodeEntry(C, Retry.NEVER, "The path does not exist, or not for this type."),
    "target_missing": CodeEntry(C, Retry.NEVER, "The widget does not exist."),
    "target_exists": CodeEntry(C, Retry.NEVER, "A widget with this id exists already."),
    "out_of_range": CodeEntry(C, Retry.NEVER, "A position or length lies outside the sequence."),
    "limit_exceeded": CodeEntry(C, Retry.NEVER, "The result would exceed a document limit."),
    # the submission
    "not_joined": CodeEntry(C, Retry.REJOIN, "This connection has not joined that dashboard."),
    "in_flight": CodeEntry(C, Retry.LATER, "Another submission of this replica is in flight."),
    "id_reused": CodeEntry(C, Retry.NEVER, "This id has committed with other content."),
    "future_version": CodeEntry(C, Retry.REJOIN, "The base version is ahead of the dashboard."),
    "rebase_required": CodeEntry(C, Retry.REBASE, "The base version is too far behind."),
    "rate_limited": CodeEntry(C, Retry.LATER, "Too many in too short a time."),
    # identity and permission
    "unauthenticated": CodeEntry(C, Retry.REAUTHENTICATE, "The token is unknown or has ended."),
    "forbidden": CodeEntry(C, Retry.NEVER, "The user may not do this."),
    "unknown_dashboard": CodeEntry(C, Retry.NEVER, "No such dashboard, or not for this user."),
    "refused": CodeEntry(C, Retry.NEVER, "A plug-in of this deployment refuses it."),
    # HTTP and administration
    "not_found": CodeEntry(C, Retry.NEVER, "No such thing."),
    "conflict": CodeEntry(C, Retry.NEVER, "It exists already, or has changed meanwhile."),
    # the server
    "owner_moved": CodeEntry(S, Retry.REJOIN, "Another owner has taken this dashboard over."),
    "owner_unavailable": CodeEntry(S, Retry.LATER, "No owner answers for this dashboard now."),
    "storage_unavailable": CodeEntry(S, Retry.LATER, "PostgreSQL does not answer now."),
    "slow_reader": CodeEntry(C, Retry.REJOIN, "The reader did not keep up."),
    "going_away": CodeEntry(S, Retry.REJOIN, "This server is being stopped or moved."),
    "quarantined": CodeEntry(S, Retry.NEVER, "This submission failed inside the server."),
    "unreadable": CodeEntry(S, Retry.LATER, "What is stored of this dashboard cannot be read."),
    "plugin_failed": CodeEntry(S, Retry.NEVER, "A plug-in failed at this, and must not."),
    "plugin_unavailable": CodeEntry(S, Retry.LATER, "A plug-in that has to agree does not answer."),
    "internal": CodeEntry(S, Retry.LATER, "A fault of the server, logged under its cause id."),
    # set-up
    "misconfigured": CodeEntry(S, Retry.NEVER, "A setting is missing or wrong."),
    "migration_mismatch": CodeEntry(S, Retry.NEVER, "The database schema is not the expected."),
}


class WeftError(Exception):
    """An error with a code of the table; `details` are JSON values that help its reader."""

    def __init__(self, code: str, message: str = "", **details: Any) -> None:
        entry = CODES[code]
        super().__init__(message or entry.meaning)
        self.code = code
        self.message = message or entry.meaning
        self.fault = entry.fault
        self.retry = entry.retry
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.code, self.message, self.details))

    def to_json(self) -> dict[str, Any]:
        """The fields that every answer with an error carries."""
        return {
            "code": self.code,
            "message": self.message,
            "fault": self.fault.value,
            "retry": self.retry.value,
            **self.details,
        }


class OperationError(WeftError):
    """An operation that cannot be applied to the document it was meant for."""


def _rebuild(kind: type[WeftError], code: str, message: str, details: dict[str, Any]) -> WeftError:
    return kind(code, message, **details)
