"""Law 7: what comes too frequently is refused with a time to wait, and counted across gateways."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.rate_limit import Count, Rate, RateLimiter

THREE_PER_SECOND = {"operations": Rate(3, 1_000)}


def test_law7_the_fourth_of_three_is_told_how_long_to_wait() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {})
    assert [limiter.take("u", "operations", 100 + i) for i in range(3)] == [0, 0, 0]
    assert limiter.take("u", "operations", 400) == 700
    assert limiter.take("u", "operations", 1_099) == 1
    assert limiter.take("u", "operations", 1_100) == 0


def test_users_do_not_pay_for_each_other_but_share_the_global_rate() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {"operations": Rate(4, 1_000)})
    assert [limiter.take("u", "operations", 0) for _ in range(4)] == [0, 0, 0, 1_000]
    assert [limiter.take("v", "operations", 0) for _ in range(2)] == [0, 1_000]


def test_what_is_refused_is_not_counted() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {"operations": Rate(4, 1_000)})
    for _ in range(100):
        limiter.take("u", "operations", 0)
    assert limiter.take("v", "operations", 0) == 0


def test_an_amount_above_the_whole_rate_passes_once_per_window() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {})
    assert limiter.take("u", "operations", 0, amount=10) == 0
    assert limiter.take("u", "operations", 1) == 999


def test_counts_of_another_gateway_count_here_after_a_synchronisation() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {})
    limiter.take("u", "operations", 0)
    assert limiter.drain(10) == {"ratelimit:u:operations": (1, 990)}
    assert limiter.drain(11) == {}
    limiter.absorb({"ratelimit:u:operations": Count(3, 500)}, 20)
    assert limiter.take("u", "operations", 30) == 490


def test_without_an_answer_the_gateway_limits_by_itself() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {})
    for _ in range(3):
        limiter.take("u", "operations", 0)
        limiter.drain(0)  # and the shared store never answers
    assert limiter.take("u", "operations", 0) == 1_000


def test_windows_that_have_ended_are_forgotten() -> None:
    limiter = RateLimiter(THREE_PER_SECOND, {})
    for user in range(1_000):
        limiter.take(str(user), "operations", 0)
    limiter.drain(1_000)
    assert not limiter._windows


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 400)), max_size=60),
    st.integers(1, 5),
)
def test_law7_several_gateways_never_pass_more_than_the_rate_and_what_is_unsynchronised(
    steps: list[tuple[int, int]], count: int
) -> None:
    """Each gateway synchronises after every take: then the shared rate is exact."""
    shared: dict[str, tuple[int, int]] = {}  # key → count, end of window
    limiters = [RateLimiter({"operations": Rate(count, 1_000)}, {}) for _ in range(2)]
    passed: list[int] = []
    now = 0
    for which, wait in steps:
        now += wait
        limiter = limiters[which]
        key = "ratelimit:u:operations"
        known, ends = shared.get(key, (0, 0))
        if ends > now:
            limiter._window(key, Rate(count, 1_000), now)
            limiter.absorb({key: Count(known, ends - now)}, now)
        if limiter.take("u", "operations", now) == 0:
            passed.append(now)
        for drained, (amount, left) in limiter.drain(now).items():
            known, ends = shared.get(drained, (0, 0))
            shared[drained] = (known + amount, ends) if ends > now else (amount, now + left)
    for start in passed:
        assert sum(start <= at < start + 1_000 for at in passed) <= 2 * count
