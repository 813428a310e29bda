"""Law 9, the slow pay alone: live values to those in a room who read fast enough.

The same bytes go to all of them. Who has too much waiting is sent nothing, and the latest once
there is room again, looked for every LIVE_RETRY_SECONDS while anybody has skipped something.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from websockets.asyncio.server import ServerConnection

from weft import limits
from weft.wire.frames import data_frame
from weft.wire.lossy_lane import LossyLane
from weft.wire.prompt_loop import fan_out


class Place(NamedTuple):
    """One reader in one room."""

    websocket: ServerConnection
    dashboard_id: UUID


class LiveFanOut:
    """Of one link to an owner."""

    def __init__(self, on_skipped: Callable[[int], None]) -> None:
        """`on_skipped`: told to how many readers something was not sent."""
        self._on_skipped = on_skipped
        self._lane: LossyLane[Place] = LossyLane(has_room)
        self._retrying: asyncio.TimerHandle | None = None

    def publish(
        self, dashboard_id: UUID, websockets: Collection[ServerConnection], frame: bytes
    ) -> None:
        places = [Place(websocket, dashboard_id) for websocket in websockets]
        direct = self._lane.offer(places, lambda: _values_in(frame))
        fan_out([place.websocket for place in direct], frame)
        if self._lane:
            self._on_skipped(len(places) - len(direct))
            self._catch_up()

    def leave(self, dashboard_id: UUID, websocket: ServerConnection | None) -> None:
        """What it has skipped is of no use to it any more: who joins again is told all anew."""
        if websocket is not None:
            self._lane.forget(Place(websocket, dashboard_id))

    def close(self) -> None:
        if self._retrying is not None:
            self._retrying.cancel()

    def _catch_up(self) -> None:
        for place, values in self._lane.ready():
            fan_out([place.websocket], data_frame(place.dashboard_id, values))
        if self._lane and self._retrying is None:
            loop = asyncio.get_running_loop()
            self._retrying = loop.call_later(limits.LIVE_RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        self._retrying = None
        self._catch_up()


def has_room(place: Place) -> bool:
    return place.websocket.transport.get_write_buffer_size() <= limits.LIVE_READER_MAX_BYTES


def _values_in(frame: bytes) -> Mapping[str, Any]:
    values: Mapping[str, Any] = orjson.loads(frame)["values"]
    return values
