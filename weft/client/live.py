"""Live data as a client holds it: the latest value of each widget, whatever came in between.

Outside the document: no edit changes it, and it has no version. Pure.
"""

from collections.abc import Mapping
from types import MappingProxyType

from weft.client.instructions import ShowLive
from weft.wire.messages import Live


class LiveValues:
    """`values` by widget id; those that have one."""

    def __init__(self) -> None:
        self._latest: dict[str, Live] = {}
        self._values: dict[str, Live] = {}
        self.values: Mapping[str, Live] = MappingProxyType(self._values)

    def follow(self, told: ShowLive) -> ShowLive:
        """Take over what is newer; returns that. What was held and is not told `anew` is gone."""
        if told.anew:
            gone = {each: held for each, held in self._values.items() if each not in told.values}
            changes = dict(told.values) | {
                each: Live(at=held.at, value=None) for each, held in gone.items()
            }
            self._latest.clear()
        else:
            changes = {
                each: live for each, live in told.values.items() if self._is_news(each, live)
            }
        for widget_id, live in changes.items():
            self._latest[widget_id] = live
            if live.value is None:
                self._values.pop(widget_id, None)
            else:
                self._values[widget_id] = live
        return ShowLive(changes, told.anew)

    def _is_news(self, widget_id: str, live: Live) -> bool:
        """What a gateway has kept for a slow reader may be older than what `joined` brought."""
        held = self._latest.get(widget_id)
        return held is None or live.at > held.at
