"""The algebra of Weft: a document, the operations on it, and how concurrent ones merge.

Pure and standard library only. The laws (11 to 17) are in docs/spec.md; tests/ot proves them.
"""

from weft.ot.application import Recorded, apply, apply_recording
from weft.ot.codec import operation_from_json, operation_to_json
from weft.ot.cursors import Cursor, transform_cursor
from weft.ot.document import Document
from weft.ot.inversion import invert
from weft.ot.normal_form import compose, normalize
from weft.ot.operation import ABSENT, Absent, JsonValue, Operation, Operations, Path
from weft.ot.transformation import Conflict, TransformResult, transform, transform_pair

__all__ = [
    "ABSENT",
    "Absent",
    "Conflict",
    "Cursor",
    "Document",
    "JsonValue",
    "Operation",
    "Operations",
    "Path",
    "Recorded",
    "TransformResult",
    "apply",
    "apply_recording",
    "compose",
    "invert",
    "normalize",
    "operation_from_json",
    "operation_to_json",
    "transform",
    "transform_cursor",
    "transform_pair",
]
