"""An editor: the real Python client, typing until it is told to stop, and coming back whenever it
is let in again.
"""

import asyncio
import random
from contextlib import suppress
from typing import Any
from uuid import UUID

import weft
from cluster.chaos.edits import Turn, next_edit
from cluster.chaos.history import Ending
from cluster.chaos.recorder_service import Recorder
from cluster.chaos.uniqueness import WORD
from weft import Board
from weft.client.instructions import Notify
from weft.errors import WeftError
from weft.models import CursorPosition
from weft.ot import Document, Operation
from weft.ot.operation import Operations

PENDING_MAX = 100  # operations; while nothing is saved, more is not typed
REST_MIN_SECONDS, REST_MAX_SECONDS = 0.02, 0.25  # between two edits
KNOCK_EVERY_SECONDS = 0.2  # who was shut out asks again so often


class Editor:
    """On one dashboard. `run` until cancelled; then `ending`."""

    def __init__(self, name: str, user_id: UUID, token: str, url: str, seed: str) -> None:
        self.name = name
        self.user_id = user_id
        self.recorder = Recorder(name)
        self.is_typing = True
        self._url = url
        self._token = token
        self._chance = random.Random(seed)
        self._board: Board | None = None
        self._edits = 0
        self._typed: set[str] = set()
        self._lost: set[str] = set()

    async def run(self, dashboard_id: UUID, ledger: str) -> None:
        connection = weft.connect(
            self._url, self._token, open_timeout=None, create_connection=self.recorder.open
        )
        async with connection as client:
            while True:
                try:
                    self._board = await client.join(dashboard_id)
                except WeftError:  # it has no right to be here, now
                    await asyncio.sleep(KNOCK_EVERY_SECONDS)
                    continue
                self._board.listen(self._hear)
                await self._stay(self._board, ledger)
                self._lost |= _words(self._board.pending())  # saved or not: nobody will say

    async def _stay(self, board: Board, ledger: str) -> None:
        while not board.is_over:
            if self.is_typing and len(board.pending()) < PENDING_MAX:
                self._edit(board, ledger)
            await asyncio.sleep(self._chance.uniform(REST_MIN_SECONDS, REST_MAX_SECONDS))

    def _edit(self, board: Board, ledger: str) -> None:
        self._edits += 1
        word = f"[{self.name}:{self._edits}]"
        new_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        with suppress(WeftError):  # what it may not do, it is told here at the latest
            edit = next_edit(Turn(board.document, ledger, word, new_id, self._chance.random))
            board.edit(edit)
            self._typed |= _words((edit,))
            self._point(board, edit)

    def _point(self, board: Board, edit: Operation) -> None:
        """Its cursor goes where it edits."""
        cursor = CursorPosition(
            x=self._edits,
            y=0,
            element_id=edit.target_id,
            path=edit.path or None,
            offset=edit.position if edit.path else None,
        )
        board.set_presence(cursor=cursor)

    def _hear(self, news: Any) -> None:
        if isinstance(news, Notify):
            self._lost |= _words(news.notice.operations)

    # --- the end -------------------------------------------------------------------------------

    def is_at_rest(self) -> bool:
        board = self._board
        return board is not None and board.status.state in ("saved", "conflict")

    @property
    def version(self) -> int:
        return 0 if self._board is None else self._board.version

    def ending(self) -> Ending:
        board = self._board
        return Ending(
            self.name,
            self.version,
            Document.empty() if board is None else board.document,
            0 if board is None else len(board.pending()),
            self.is_at_rest(),
            frozenset(self._typed - self._lost),
        )


def _words(operations: Operations) -> set[str]:
    return {
        word
        for each in operations
        if each.type == "insert" and isinstance(each.value, str)
        for word in WORD.findall(each.value)
    }
