"""Law 7: the limits that a client is told when its session opens, before it runs into them.

Names as on the wire, the unit last.
"""

from typing import Final

from weft import limits

WELCOME_LIMITS: Final = {
    "frameMaxBytes": limits.FRAME_MAX_BYTES,
    "jsonMaxDepth": limits.JSON_MAX_DEPTH,
    "operationsMaxPerSubmission": limits.OPERATIONS_MAX_PER_SUBMISSION,
    "dashboardsMaxPerConnection": limits.DASHBOARDS_MAX_PER_CONNECTION,
    "inFlightMaxPerReplica": limits.IN_FLIGHT_MAX_PER_REPLICA,
    "outgoingMaxBytes": limits.OUTGOING_MAX_BYTES,
    "presenceMaxBytes": limits.PRESENCE_MAX_BYTES,
}
