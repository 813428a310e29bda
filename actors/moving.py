"""A dashboard's way to another owner, while people edit it: drain, hand the lock over, pass on.

From the moment it is asked for, nothing new is sequenced: what arrives is left unanswered, and the
gateway, which keeps it, sends it to the heir. Law 3 holds because all that was sequenced is decided
and told before a subscription is passed on, and the heir deduplicates the rest; law 5 because
opening raises the epoch, whatever becomes of the lock.

    asked ──nothing is under way──▶ handing over ──the lock is written──▶ passed on, stepped down
"""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.instructions import End, HandOver, Instruction, PassOn
from actors.subscriber import Stage, Subscriber
from storage.ports import OwnerAddress
from weft.errors import WeftError


@dataclass(slots=True)
class Moving:
    """`heir` None: nobody has asked."""

    heir: OwnerAddress | None = None
    _is_handing_over: bool = False

    @property
    def is_asked(self) -> bool:
        return self.heir is not None

    def ask(self, heir: OwnerAddress) -> None:
        """The first who asks decides."""
        self.heir = self.heir or heir

    def go_on(self, *, is_drained: bool) -> list[Instruction]:
        """The order to hand over, once, when nothing is under way any more."""
        if self.heir is None or self._is_handing_over or not is_drained:
            return []
        self._is_handing_over = True
        return [HandOver(self.heir)]


def pass_on(
    subscribers: Iterable[Subscriber], version: int, holder: OwnerAddress
) -> list[Instruction]:
    """Who has joined goes on where it is; who was about to, or feeds, asks the holder itself."""
    return [
        PassOn(each.subscription, version, holder)
        if each.stage is Stage.JOINED and not each.feeds
        else End(each.subscription, moved_to(holder))
        for each in subscribers
    ]


def moved_to(holder: OwnerAddress) -> WeftError:
    """What a gateway is told that has come to the wrong owner."""
    return WeftError("owner_moved", owner=owner_json(holder))


def owner_json(owner: OwnerAddress) -> dict[str, str]:
    return {"ownerId": owner.owner_id, "incarnation": owner.incarnation, "url": owner.url}
