"""Laws 11 to 17 as checks of one story; the tests and the endless fuzzer share them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from tests.ot.generator import Story, make_story
from weft.ot import (
    Document,
    Operations,
    apply,
    apply_recording,
    compose,
    invert,
    normalize,
    operation_from_json,
    operation_to_json,
    transform,
    transform_pair,
)
from weft.ot.rope import Items, RichText, Text
from weft.ot.values import weigh

Check = Callable[[Story], None]


def law11_both_orders_meet_in_one_document(story: Story) -> None:
    document = Document.from_json(story.document)
    earlier, later, _ = transform_pair(story.earlier, story.later)
    one = apply(apply(document, story.earlier), later)
    other = apply(apply(document, story.later), earlier)
    assert one == other
    assert well_formed(earlier)
    assert well_formed(later)


def law12_composed_is_one_after_the_other(story: Story) -> None:
    document = Document.from_json(story.document)
    composed = compose(story.earlier, story.following)
    assert apply(document, composed) == apply(apply(document, story.earlier), story.following)
    assert well_formed(composed)


def law13_the_inverse_takes_back(story: Story) -> None:
    document = Document.from_json(story.document)
    inverse = invert(document, story.earlier)
    assert apply(apply(document, story.earlier), inverse) == document
    assert well_formed(inverse)


def law14_inputs_stay_as_they_are(story: Story) -> None:
    document = Document.from_json(story.document)
    before = repr((story, document.to_json()))
    apply_recording(document, story.earlier)
    apply(apply(document, story.earlier), story.following).to_json()["widgets"].clear()
    transform_pair(story.earlier, story.later)
    compose(story.earlier, story.following)
    invert(document, story.earlier)
    [operation_from_json(operation_to_json(each), trusted=True) for each in story.earlier]
    assert repr((story, document.to_json())) == before


def law15_the_canonical_form_is_stable_and_keeps_the_effect(story: Story) -> None:
    document = Document.from_json(story.document)
    operations = (*story.earlier, *story.following)
    canonical = normalize(operations)
    assert normalize(canonical) == canonical
    assert len(canonical) <= len(operations)
    assert apply(document, canonical) == apply(document, operations)


def law16_valid_stays_valid(story: Story) -> None:
    document = Document.from_json(story.document)
    after, recorded = apply_recording(document, story.earlier)
    assert Document.from_json(json.loads(json.dumps(after.to_json()))) == after
    assert well_formed(recorded)
    assert apply(document, recorded) == after
    records = [after.record(target_id) for target_id in (None, *after.widget_ids())]
    assert after.size_bytes == sum(map(weigh, records)), "accounted for edit by edit"
    assert after.widget_count == len(records) - 1


def law17_transforming_goes_step_by_step(story: Story) -> None:
    whole = transform(story.later, (*story.earlier, *story.following), side="later")
    stepwise = transform(story.later, story.earlier, side="later")
    assert transform(stepwise, story.following, side="later") == whole


def well_formed(operations: Operations) -> bool:
    """Whether they survive the trip over the wire, read strictly."""
    on_the_wire = json.loads(json.dumps([operation_to_json(each) for each in operations]))
    return tuple(operation_from_json(each, trusted=True) for each in on_the_wire) == operations


LAWS: dict[str, Check] = {
    check.__name__: check
    for check in (
        law11_both_orders_meet_in_one_document,
        law12_composed_is_one_after_the_other,
        law13_the_inverse_takes_back,
        law14_inputs_stay_as_they_are,
        law15_the_canonical_form_is_stable_and_keeps_the_effect,
        law16_valid_stays_valid,
        law17_transforming_goes_step_by_step,
    )
}


def check_seed(check: Check, seed: int) -> None:
    """Check one law on the story of `seed`, and tell a minimal one when it fails."""
    with small_chunks(seed % 2 == 0):
        story = make_story(Random(seed))
        if holds(check, story) is None:
            return
        story = smallest(check, story)
        failure = holds(check, story)
        raise AssertionError(f"seed {seed} breaks {check.__name__}\n{told(story)}") from failure


def holds(check: Check, story: Story) -> Exception | None:
    try:
        check(story)
    except Exception as failure:  # noqa: BLE001  (whatever it is, it is the finding)
        return failure
    return None


def smallest(check: Check, story: Story) -> Story:
    """Take operations away while the story stays valid and still fails."""
    shrunk = True
    while shrunk:
        shrunk = False
        for candidate in _shorter(story):
            if _valid(candidate) and holds(check, candidate) is not None:
                story, shrunk = candidate, True
                break
    return story


def _shorter(story: Story) -> Iterator[Story]:
    for field in ("following", "later", "earlier"):
        operations: Operations = getattr(story, field)
        for index in range(len(operations)):
            yield story._replace(**{field: operations[:index] + operations[index + 1 :]})
    for widget_id in story.document["widgets"]:
        others = {key: w for key, w in story.document["widgets"].items() if key != widget_id}
        yield story._replace(document={**story.document, "widgets": others})


def _valid(story: Story) -> bool:
    try:
        document = Document.from_json(story.document)
        apply(document, story.later)
        apply(apply(document, story.earlier), story.following)
    except Exception:  # noqa: BLE001
        return False
    return True


def told(story: Story) -> str:
    lines = ["document: " + json.dumps(story.document, ensure_ascii=False)]
    for field in ("earlier", "later", "following"):
        operations = [operation_to_json(operation) for operation in getattr(story, field)]
        lines.append(f"{field}:")
        lines.extend("  " + json.dumps(each, ensure_ascii=False) for each in operations)
    return "\n".join(lines)


@contextmanager
def small_chunks(wanted: bool = True) -> Iterator[None]:
    """Ropes of a few elements, so that small documents go through all of their paths."""
    sizes = [(Text, "CHUNK_MAX", 4), (Items, "CHUNK_MAX", 4), (RichText, "CHUNK_MAX", 4)]
    sizes.append((RichText, "RUNS_MAX", 2))
    before = [getattr(kind, name) for kind, name, _ in sizes]
    try:
        for kind, name, small in sizes if wanted else ():
            setattr(kind, name, small)
        yield
    finally:
        for (kind, name, _), size in zip(sizes, before, strict=True):
            setattr(kind, name, size)
