"""Law 8 in seeded histories: gateways that die, news lost, late and in disorder, failed exchanges;
once all is quiet every roster is the truth.
"""

import asyncio
import json
import random
from uuid import UUID

import pytest

from gateway.person_color import color_of
from gateway.presence import Presence
from gateway.presence_events import (
    Approached,
    Beat,
    Departed,
    Entered,
    Event,
    Exchange,
    Exchanged,
    ExchangeFailed,
    Heard,
    Moved,
    Ticked,
)
from storage.memory_presence import MemoryPresence, SharedPresence
from storage.presence import PresenceNews
from weft.errors import WeftError
from weft.limits import PRESENCE_TTL_SECONDS
from weft.models import CursorPosition, PresenceUser
from weft.wire.messages import SetPresence

ROOMS = [UUID(int=number) for number in range(1, 3)]
TTL_MS = round(PRESENCE_TTL_SECONDS * 1000)


class World(SharedPresence):
    def __init__(self, seed: int) -> None:
        super().__init__(lambda: self.now_ms / 1000)
        self.chance = random.Random(seed)
        self.now_ms = 1_000_000
        self.is_bad = True
        self.late: list[tuple[MemoryPresence, PresenceNews]] = []
        self.gateways: list[Gateway] = [Gateway(self, f"g{number}") for number in range(3)]
        self.connections = 0

    def deliver(self, to: MemoryPresence, news: PresenceNews) -> None:
        if not self.is_bad or self.chance.random() < 0.5:
            to.hears(news)
        elif self.chance.random() < 0.5:
            self.late.append((to, news))

    def step(self) -> None:
        self.now_ms += self.chance.randrange(400)
        gateway = self.chance.choice(self.gateways)
        action = self.chance.random()
        if self.late and action < 0.2:
            to, news = self.late.pop(self.chance.randrange(len(self.late)))
            to.hears(news)
        elif action < 0.4:
            gateway.enter(self.chance.choice(ROOMS))
        elif action < 0.55 and gateway.present:
            gateway.leave(self.chance.choice(sorted(gateway.present, key=str)))
        elif action < 0.7 and gateway.present:
            gateway.move(self.chance.choice(sorted(gateway.present, key=str)))
        elif action < 0.74:
            gateway.store.cut(not gateway.store._is_cut)
        elif action < 0.76:
            gateway.die()
        elif action < 0.9:
            gateway.handle(Ticked(self.now_ms))
        else:
            gateway.handle(Beat(self.now_ms))

    def settle(self) -> None:
        self.is_bad, self.late = False, []
        for gateway in self.gateways:
            gateway.store.cut(False)
        for _ in range(TTL_MS // 1000 + 4):
            self.now_ms += 1_000
            for gateway in self.gateways:
                gateway.handle(Beat(self.now_ms))
                gateway.handle(Ticked(self.now_ms))


class Gateway:
    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.life = 0
        self.name = name
        self.begin()

    def begin(self) -> None:
        self.life += 1
        self.present: dict[tuple[UUID, str], int] = {}  # and where its cursor is
        self.heart = Presence(f"{self.name}/{self.life}")
        self.store = MemoryPresence(self.world)
        self.store.subscribe(lambda heard: self.handle(Heard(heard, self.world.now_ms)))

    def die(self) -> None:
        self.world.clients.remove(self.store)
        self.begin()

    def handle(self, event: Event) -> None:
        for order in self.heart.handle(event):
            if isinstance(order, Exchange):
                self.handle(asyncio.run(self.ask(order)))

    async def ask(self, order: Exchange) -> Event:
        store = self.store
        try:
            for dashboard_id in order.unfollow:
                await store.unfollow(dashboard_id)
            for dashboard_id in order.follow:
                await store.follow(dashboard_id)
            await store.tell(order.write, order.remove, order.news, PRESENCE_TTL_SECONDS)
            missing = await store.renew(order.renew, PRESENCE_TTL_SECONDS)
            if order.sweeps:
                await store.sweep()
            rosters = await store.rosters(order.read)
        except WeftError:
            return ExchangeFailed()
        return Exchanged(frozenset(missing), rosters, self.world.now_ms)

    def enter(self, room: UUID) -> None:
        self.world.connections += 1
        connection_id = f"c{self.world.connections}"
        user_id = UUID(int=self.world.chance.randrange(1, 5))
        user = PresenceUser(id=user_id, username="u", color=color_of("u"))
        now_ms = self.world.now_ms
        self.handle(Approached(room, connection_id, now_ms))
        self.handle(Entered(room, connection_id, user_id, user, now_ms))
        self.present[room, connection_id] = -1

    def move(self, place: tuple[UUID, str]) -> None:
        self.present[place] = self.world.chance.randrange(1000)
        told = SetPresence(dashboard_id=place[0], cursor=CursorPosition(x=self.present[place], y=0))
        self.handle(Moved(place[1], told, self.world.now_ms))

    def leave(self, place: tuple[UUID, str]) -> None:
        del self.present[place]
        self.handle(Departed(*place, self.world.now_ms))

    def roster(self, room: UUID) -> dict[str, int]:
        told = [json.loads(each) for each in self.heart.encoded_roster(room)]
        return {each["connectionId"]: each.get("cursor", {"x": -1})["x"] for each in told}


@pytest.mark.parametrize("seed", range(40))
def test_law8_every_roster_becomes_the_truth_whatever_was_lost(seed: int) -> None:
    world = World(seed)
    for _ in range(120):
        world.step()
    world.settle()
    for room in ROOMS:
        truth = {
            place[1]: cursor
            for gateway in world.gateways
            for place, cursor in gateway.present.items()
            if place[0] == room
        }
        for gateway in world.gateways:
            if gateway.heart.follows(room):
                assert gateway.roster(room) == truth, f"{gateway.name}, {room}"
