"""Law 6, permission is sequenced: the one place that decides who may do what on a document.

Roles decide now. Finer rules (a widget, a path, a locked record) need no other place to grow.
"""

from typing import Final
from uuid import UUID

from weft.errors import WeftError
from weft.ot import Document
from weft.ot.operation import Operation, Operations

WRITING_ROLES: Final = frozenset({"owner", "admin", "editor"})


def may(user_id: UUID, role: str, operation: Operation, document: Document) -> bool:  # noqa: ARG001
    """Whether this user may do this to the newest document."""
    return role in WRITING_ROLES


def check_permission(user_id: UUID, role: str, operations: Operations, document: Document) -> None:
    """Raises WeftError forbidden, with the index of the first operation that is."""
    for index, operation in enumerate(operations):
        if not may(user_id, role, operation, document):
            raise WeftError("forbidden", operation=index)
