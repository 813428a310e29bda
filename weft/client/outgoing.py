"""What a replica says to the server, in the words of the wire. When, is for the replica."""

from uuid import UUID

from weft.client.working_copy import WorkingCopy
from weft.ot import operation_to_json
from weft.wire.messages import Join, Submit


def join_of(dashboard_id: UUID, copy: WorkingCopy, *, starts_afresh: bool) -> Join:
    """To go on from what is held; or, when that is of no use, as if nothing were."""
    return Join(
        dashboard_id=dashboard_id,
        replica_id=copy.replica_id,
        version=None if starts_afresh else copy.version,
        wants_tail=bool(copy.pending) and not starts_afresh,
    )


def submit_of(dashboard_id: UUID, copy: WorkingCopy) -> Submit:
    """What is in flight, as it is now, on top of what is confirmed."""
    flying = copy.pending.in_flight
    assert flying is not None
    assert copy.version is not None
    return Submit(
        dashboard_id=dashboard_id,
        sequence=flying.sequence,
        base_version=copy.version,
        seen_version=flying.seen_version,
        operations=[operation_to_json(operation) for operation in flying.operations],
    )
