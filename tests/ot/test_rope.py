"""A rope behaves as the plain sequence it stands for, and its chunks stay of a size."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ot.laws import small_chunks
from weft.ot.delta import Runs, join, run_of, runs_of
from weft.ot.rope import Items, RichText, Rope, Text
from weft.ot.values import weigh

SEEDS = st.integers(0, 2**32 - 1)
LETTERS = "abcdé日👩"


def piece_of_text(random: Random) -> str:
    return "".join(random.choice(LETTERS) for _ in range(random.choice((1, 1, 2, 9))))


def piece_of_list(random: Random) -> list[Any]:
    return [random.randrange(9) for _ in range(random.choice((1, 1, 2, 9)))]


def edit_both(random: Random, rope: Rope[Any], model: Any, piece: Any) -> tuple[Rope[Any], Any]:
    """A random splice of the rope and of the plain sequence."""
    start = random.randint(0, len(model))
    stop = min(len(model), start + random.choice((0, 0, 1, 3, 20)))
    content = piece if random.random() < 0.7 else None
    if content is None and start == stop:
        return rope, model
    inside = model[:0] if content is None else content
    return rope.splice(start, stop, content), model[:start] + inside + model[stop:]


@settings(settings.get_profile("laws"), max_examples=200)
@given(SEEDS)
def test_text_and_lists_are_as_str_and_list(seed: int) -> None:
    random = Random(seed)
    with small_chunks():
        for kind, make in ((Text, piece_of_text), (Items, piece_of_list)):
            model: Any = make(random)
            rope: Any = kind.of(model)
            for _ in range(30):
                rope, model = edit_both(random, rope, model, make(random))
                check(rope, model)


def check(rope: Any, model: Any) -> None:
    joined = model[:0]
    for chunk in rope.chunks:
        assert 0 < len(chunk) <= rope.CHUNK_MAX
        joined += chunk
    assert joined == model
    assert len(rope) == len(model)
    for start in range(0, len(model), 3):
        assert rope.cut_out(start, min(start + 5, len(model))) == model[start : start + 5]


@settings(settings.get_profile("laws"), max_examples=200)
@given(SEEDS)
def test_rich_text_is_as_a_list_of_styled_letters(seed: int) -> None:
    random = Random(seed)
    styles = (None, {"bold": True}, {"bold": 1}, {"color": "red"})
    with small_chunks():
        rope, model = RichText.of(Runs(())), list[tuple[Any, Any]]()
        for _ in range(30):
            start = random.randint(0, len(model))
            stop = min(len(model), start + random.choice((0, 0, 1, 3, 20)))
            content, style = random.choice(("x", "yz", {"image": "u"}, None)), random.choice(styles)
            if content is not None:
                rope = rope.splice(start, stop, run_of(content, style))
                model[start:stop] = (
                    [(each, style) for each in content]
                    if content != {"image": "u"}
                    else [(content, style)]
                )
            elif stop > start:
                part = rope.cut_out(start, stop).formatted({"bold": False})
                rope = rope.splice(start, stop, part)
                model[start:stop] = [
                    (each, {**(old or {}), "bold": False}) for each, old in model[start:stop]
                ]
            check_rich(rope, model)


def check_rich(rope: RichText, model: list[tuple[Any, Any]]) -> None:
    expected = [
        {"insert": content, **({"attributes": style} if style else {})}
        for content, style in join(model)
    ]
    assert rope.to_json() == {"ops": expected}
    assert len(rope) == len(model)
    assert rope.weight == RichText.of(Runs(())).weight + sum(
        Runs(chunk.runs).weight for chunk in rope.chunks
    )
    for chunk in rope.chunks:
        assert len(chunk.runs) <= RichText.RUNS_MAX
        assert join(chunk.runs) == chunk.runs, "canonical within a chunk"


def test_an_edit_leaves_the_rope_it_came_from() -> None:
    with small_chunks():
        before = Text.of("0123456789")
        after = before.splice(3, 7, "x")
        assert before.to_json() == "0123456789"
        assert after.to_json() == "012x789"
        assert before.splice(0, 10).to_json() == ""


def test_small_chunks_do_not_pile_up() -> None:
    text = Text.of("x" * 100 * Text.CHUNK_MAX)
    random = Random(1)
    while len(text) > Text.CHUNK_MAX:
        start = random.randrange(len(text) - 500)
        text = text.splice(start, start + 500)
    assert len(text.chunks) < 20


def test_a_rope_weighs_what_its_json_does() -> None:
    text, items = "é" * 3 * Text.CHUNK_MAX, list(range(3 * Items.CHUNK_MAX))
    assert weigh(Text.of(text)) == weigh(text)
    assert weigh(Items.of(items)) == weigh(items)
    rich = {"ops": [{"insert": "a", "attributes": {"bold": True}}, {"insert": {"image": "u"}}]}
    assert weigh(RichText.of(runs_of(rich))) == weigh(rich)


@pytest.mark.parametrize("size", [1, 4_095, 8_192, 8_193, 100_000])
def test_long_text_is_cut_into_chunks_with_room(size: int) -> None:
    text = Text.of("x" * size)
    assert len(text) == size
    assert all(0 < len(chunk) <= Text.CHUNK_MAX for chunk in text.chunks)
