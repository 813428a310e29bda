"""How many people there are at a moment of a load test. Pure."""

from typing import Final

SHAPES: Final = ("ramp", "spike", "soak")

RAMP_SHARE: Final = 0.5  # of the time, until all have come
CALM_SHARE: Final = 0.2  # of the people, before and after the spike
SPIKE: Final = (0.4, 0.6)  # from here to there all are there, at once
SOAK_START_SHARE: Final = 0.05  # of the time, but no longer than the next
SOAK_START_SECONDS: Final = 60.0


def people_at(shape: str, at_seconds: float, people: int, seconds: float) -> int | None:
    """Of a test that lasts `seconds` and has `people` at most; None: it is over."""
    if at_seconds >= seconds:
        return None
    match shape:
        case "ramp":
            share = at_seconds / (RAMP_SHARE * seconds)
        case "spike":
            is_high = SPIKE[0] <= at_seconds / seconds < SPIKE[1]
            share = 1.0 if is_high else CALM_SHARE
        case "soak":
            share = at_seconds / min(SOAK_START_SECONDS, SOAK_START_SHARE * seconds)
        case _:
            raise ValueError(f"no shape {shape!r}: there are {', '.join(SHAPES)}")
    return max(1, min(people, round(people * share)))
