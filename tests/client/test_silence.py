"""How long a server may be silent."""

from weft.client.silence import Silence
from weft.limits import (
    ANSWER_TIMEOUT_DOUBLINGS_MAX,
    ANSWER_TIMEOUT_SECONDS,
    SILENCE_FORGOTTEN_SECONDS,
)


def test_law7_who_leaves_in_vain_waits_longer_and_a_slow_network_is_no_loop() -> None:
    silence, found = Silence(), []
    for _ in range(ANSWER_TIMEOUT_DOUBLINGS_MAX + 3):
        found.append(silence.seconds / ANSWER_TIMEOUT_SECONDS)
        silence.left(2 * silence.seconds)
    assert found == [1, 2, 4, 8, 8, 8], "each is left after twice as long as it may be silent"


def test_a_host_that_vanishes_after_a_long_time_is_left_as_soon_as_the_first() -> None:
    silence = Silence()
    silence.left(8.0)
    silence.left(16.0)
    silence.left(SILENCE_FORGOTTEN_SECONDS + 1)
    assert silence.seconds == 2 * ANSWER_TIMEOUT_SECONDS, "that one counts"
