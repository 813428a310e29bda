"""Notices in memory: the twin of redis_notices."""

from collections.abc import Iterable

from storage.notices import Deaf, Hear, Heard, Listening, Notice
from weft.errors import WeftError


class MemoryNotices:
    """The port `Notices`, for all nodes of one process; see `cut`."""

    def __init__(self) -> None:
        self._listeners: list[Hear] = []
        self._is_cut = False

    async def publish(self, notices: Iterable[Notice]) -> None:
        if self._is_cut:
            raise WeftError("storage_unavailable", "Redis does not answer now.")
        for notice in notices:
            self._tell(notice)

    def subscribe(self, hear: Hear) -> None:
        self._listeners.append(hear)
        hear(Deaf() if self._is_cut else Listening())

    def cut(self, is_cut: bool) -> None:
        """As when Redis goes, and when it comes back."""
        if is_cut != self._is_cut:
            self._is_cut = is_cut
            self._tell(Deaf() if is_cut else Listening())

    def _tell(self, heard: Heard) -> None:
        for hear in self._listeners:
            hear(heard)
