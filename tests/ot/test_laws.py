"""Laws 11 to 17 on random stories, 10,500 per run, and the stories that once broke one by name."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ot import laws
from weft.ot import Document, Operation, apply, compose, transform

SEEDS = st.integers(0, 2**32 - 1)
ABC = ("title",)
ID = "00000000-0000-4000-8000-000000000001"


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law11_both_orders_meet_in_one_document(seed: int) -> None:
    laws.check_seed(laws.law11_both_orders_meet_in_one_document, seed)


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law12_composed_is_one_after_the_other(seed: int) -> None:
    laws.check_seed(laws.law12_composed_is_one_after_the_other, seed)


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law13_the_inverse_takes_back(seed: int) -> None:
    laws.check_seed(laws.law13_the_inverse_takes_back, seed)


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law14_inputs_stay_as_they_are(seed: int) -> None:
    laws.check_seed(laws.law14_inputs_stay_as_they_are, seed)


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law15_the_canonical_form_is_stable_and_keeps_the_effect(seed: int) -> None:
    laws.check_seed(laws.law15_the_canonical_form_is_stable_and_keeps_the_effect, seed)


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law16_valid_stays_valid(seed: int) -> None:
    laws.check_seed(laws.law16_valid_stays_valid, seed)


@settings(settings.get_profile("laws"))
@given(SEEDS)
def test_law17_transforming_goes_step_by_step(seed: int) -> None:
    laws.check_seed(laws.law17_transforming_goes_step_by_step, seed)


def test_law17_transforming_over_a_composed_history_diverges() -> None:
    """On `a`: history deletes it and types x; a concurrent y was typed after the a."""
    document = Document.empty("a")
    delete = Operation("delete", None, ABC, position=0, length=1)
    history = (delete, Operation("insert", None, ABC, "x", position=0))
    composed = (Operation("insert", None, ABC, "x", position=0), delete._replace(position=1))
    late = (Operation("insert", None, ABC, "y", position=1),)
    after = apply(document, history)
    assert apply(document, composed) == after  # a Delta composes the history to this

    stepwise = transform(transform(late, history[:1], side="later"), history[1:], side="later")
    at_once = transform(late, composed, side="later")
    assert apply(after, stepwise).value_at(None, ABC) == "yx"
    assert apply(after, at_once).value_at(None, ABC) == "xy"


def test_law17_our_own_compose_is_not_for_transforming_over_either() -> None:
    """History: a widget removed, made anew, removed. Somebody else remade it at the same time."""
    widget = {"type": "text", "position": {"x": 0, "y": 0, "width": 1, "height": 1}}
    remove, add = Operation("removeWidget", ID), Operation("addWidget", ID, (), widget)
    document = Document.from_json({"widgets": {ID: widget}})
    history, late = (remove, add, remove), (remove, add)
    composed = compose(history[:1], history[1:])
    after = apply(document, history)
    assert apply(document, composed) == after

    assert ID not in apply(after, transform(late, history, side="later"))
    assert ID in apply(after, transform(late, composed, side="later"))
