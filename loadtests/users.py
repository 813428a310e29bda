"""The people of a load test, with the pauses of people: they type, look, drag; sensors feed.

Their figures are requests to Locust, so they are in its statistics, its web page and its report.
"""

import itertools
import random
import time
from typing import Any, ClassVar
from uuid import uuid4

from locust import User, constant, task
from locust.exception import RescheduleTask

from loadtests.seat import REFUSED, TEXT_PATH, Seat, Sent, Sighting
from loadtests.socket_session import UNREACHABLE, Frames, SocketSession
from loadtests.stage import Stage

JOINED = "joined"
LOST = "connection lost"
AGAIN_SECONDS = 1.0  # after a cut, as clients do

KEY_SECONDS = (0.08, 0.25)  # between two keys of a word
THINK_SECONDS = (0.5, 4.0)  # between two words, or two widgets that are dragged
DRAG_STEPS = 20  # of a pointer; what it drags is dropped at each fourth
DRAG_STEP_SECONDS = 1 / 30
FEED_SECONDS = 0.05  # of each chart: 20 values a second
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Person(User):
    """Somebody with a socket of their own, on one dashboard of the stage."""

    abstract = True
    wait_time = constant(0)  # what they do holds its own pauses
    stage: ClassVar[Stage]
    _numbers: ClassVar = itertools.count()
    _sent: ClassVar = Sent()
    _frames: ClassVar = Frames()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dashboard, token = self.stage.place(next(Person._numbers))
        self.seat = Seat(dashboard, str(uuid4()), self._sent)
        self.session = SocketSession(self.stage.url, token, self.seat, self._frames, self._measured)

    def on_start(self) -> None:
        self._enter()

    def on_stop(self) -> None:
        self.session.close()

    @task
    def live(self) -> None:
        """A turn of what this person does; after a cut it comes back first."""
        if not self.session.is_open:
            self._enter()
        try:
            self.turn()
        except OSError as error:  # a TimeoutError is one, too
            self._measured(Sighting(LOST, 0.0, str(error)))
            self.session.close()

    def turn(self) -> None:
        raise NotImplementedError

    def pause(self, seconds: tuple[float, float]) -> None:
        time.sleep(random.uniform(*seconds))

    def _enter(self) -> None:
        began = time.monotonic()
        try:
            self.session.open()
        except UNREACHABLE as error:
            self._measured(Sighting(JOINED, 0.0, str(error)))
            time.sleep(AGAIN_SECONDS)
            raise RescheduleTask from error
        self._measured(Sighting(JOINED, 1000 * (time.monotonic() - began)))

    def _measured(self, sighting: Sighting) -> None:
        problem = None if sighting.problem is None else RuntimeError(sighting.problem)
        self.environment.events.request.fire(
            request_type="ERR" if sighting.name in (REFUSED, LOST) else "WS",
            name=sighting.name,
            response_time=sighting.ms,
            response_length=0,
            exception=problem,
            context={},
        )


class Editor(Person):
    """Types a word letter by letter at some place of the text that all type into; at times takes
    as much away again."""

    weight = 6

    def turn(self) -> None:
        seat = self.seat
        place = random.randint(0, seat.text_length)
        length = random.randint(2, 9)
        for letter in random.choices(LETTERS, k=length):
            place = min(place, seat.text_length)
            self._edit("insert", position=place, value=letter)
            place += 1
            self.pause(KEY_SECONDS)
        if random.random() < 0.3 and (there := min(length, seat.text_length)):
            place = random.randint(0, seat.text_length - there)
            self._edit("delete", position=place, length=there)
        self.pause(THINK_SECONDS)

    def _edit(self, kind: str, **how: Any) -> None:
        where = {"targetId": self.seat.dashboard.text, "path": TEXT_PATH}
        self.session.submit({"type": kind, **where, **how})


class Viewer(Person):
    """Only looks, and moves the pointer now and then."""

    weight = 2

    def turn(self) -> None:
        x, y = random.uniform(0, 1_000), random.uniform(0, 1_000)
        self.session.say(self.seat.point(x, y, time.monotonic()))
        self.pause(THINK_SECONDS)


class Dragger(Person):
    """Takes a widget with the pointer and drags it, pointer and widget moving."""

    weight = 1

    def turn(self) -> None:
        block = random.choice(self.seat.dashboard.blocks)
        x, y = random.uniform(0, 1_000), random.uniform(0, 1_000)
        for step in range(1, DRAG_STEPS + 1):
            x, y = x + random.uniform(0, 10), y + random.uniform(0, 10)
            self.session.say(self.seat.point(x, y, time.monotonic()))
            if step % 4 == 0:
                place = {"x": round(x / 100), "y": round(y / 100)}
                self.session.submit({"type": "move", "targetId": block, "value": place})
            time.sleep(DRAG_STEP_SECONDS)
        self.pause(THINK_SECONDS)


class Feeder(Person):
    """A sensor: gives every chart of the dashboard a new value, many times a second."""

    weight = 1

    def turn(self) -> None:
        began = time.monotonic()
        for chart in self.seat.dashboard.charts:
            values = [random.random() for _ in range(3)]
            self.session.say(self.seat.feed(chart, values, time.monotonic()))
        time.sleep(max(0.0, FEED_SECONDS - (time.monotonic() - began)))
