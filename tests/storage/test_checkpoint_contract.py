"""What every `OperationLog` keeps about checkpoints, rows and replica marks."""

from dataclasses import replace
from uuid import uuid4

from storage.ports import Checkpoint, OpenedDashboard
from tests.storage.making import Place, commit_of, mark_of, state_with, submission, widget


async def committed(place: Place, count: int) -> OpenedDashboard:
    """An open dashboard with that many versions."""
    opened = await place.opened()
    await place.log.commit([commit_of(opened, *map(submission, range(1, count + 1)))])
    return replace(opened, version=count)


async def test_opening_reads_the_newest_checkpoint_and_what_followed(place: Place):
    opened = await committed(place, 5)
    for version in (2, 4):
        checkpoint = Checkpoint(opened.dashboard_id, version, state_with({}), 2)
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    again = await place.log.open_dashboard(opened.dashboard_id)
    assert again is not None
    assert again.checkpoint == Checkpoint(opened.dashboard_id, 4, state_with({}), 2)
    assert (again.version, [one.version for one in again.tail]) == (5, [5])
    assert await place.log.checkpoints(opened.dashboard_id) == (0, 2, 4)


async def test_law4_after_a_checkpoint_the_rows_hold_its_state(place: Place):
    opened = await committed(place, 1)
    widgets = {
        str(uuid4()): widget(title=None, data={"big": 1e17, "list": [1, [None]], "": {"ops": []}}),
        str(uuid4()): widget(isLocked=True, position={"x": -1.25, "y": 0, "width": 0, "height": 0}),
        str(uuid4()): widget(title="t" * 255, type="é" * 100),
    }
    state = state_with(widgets, title="", description='"quoted" \\ 👋', layout=[[1], {"a": None}])
    assert await place.log.write_checkpoint(Checkpoint(opened.dashboard_id, 1, state), opened.epoch)
    rows = await place.log.read_rows(opened.dashboard_id)
    assert rows is not None
    assert rows.version == 1
    assert rows.state == state
    assert rows.widget_versions == dict.fromkeys(widgets, 1)
    read = await place.log.read_checkpoint(opened.dashboard_id, 1)
    assert read is not None
    assert read.state == state


async def test_law16_what_a_checkpoint_holds_survives_the_tables(place: Place):
    opened = await committed(place, 1)
    numbers = [0, -1, 0.5, 1e-9, 2**53 - 1, -(2**53 - 1), 1e17, 1e22, 1.5e300, 5e-324]
    state = state_with(
        {}, settings={"numbers": numbers, "words": ["\\u0000", "\x7f", "\U0001d54f", "\x01"]}
    )
    assert await place.log.write_checkpoint(Checkpoint(opened.dashboard_id, 1, state), opened.epoch)
    read = await place.log.read_checkpoint(opened.dashboard_id, 1)
    assert read is not None
    assert read.state == state
    assert [type(number) for number in read.state["settings"]["numbers"]] == list(
        map(type, numbers)
    )


async def test_only_the_widgets_that_changed_are_written_anew(place: Place):
    opened = await committed(place, 3)
    kept, changed, removed, added = (str(uuid4()) for _ in range(4))
    before = state_with({kept: widget(), changed: widget(), removed: widget()})
    after = state_with({kept: widget(), changed: widget(title="New"), added: widget()})
    for version, state in ((1, before), (3, after)):
        checkpoint = Checkpoint(opened.dashboard_id, version, state)
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    rows = await place.log.read_rows(opened.dashboard_id)
    assert rows is not None
    assert rows.state == after
    assert rows.widget_versions == {kept: 1, changed: 3, added: 3}


async def test_writing_a_checkpoint_again_changes_nothing(place: Place):
    opened = await committed(place, 2)
    checkpoint = Checkpoint(opened.dashboard_id, 2, state_with({str(uuid4()): widget()}), 2)
    for _ in range(2):
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    assert await place.log.checkpoints(opened.dashboard_id) == (0, 2)
    assert await place.log.read_checkpoint(opened.dashboard_id, 2) == checkpoint


async def test_law2_no_checkpoint_runs_ahead_of_the_log(place: Place):
    opened = await committed(place, 1)
    ahead = Checkpoint(opened.dashboard_id, 2, state_with({}))
    assert await place.log.write_checkpoint(ahead, opened.epoch) is False
    assert await place.log.checkpoints(opened.dashboard_id) == (0,)


async def test_law10_a_widget_id_of_another_dashboard_does_not_poison_a_checkpoint(place: Place):
    stolen = str(uuid4())
    victim, thief = await committed(place, 1), await committed(place, 1)
    for opened, title in ((victim, "mine"), (thief, "stolen")):
        state = state_with({stolen: widget(title=title)})
        checkpoint = Checkpoint(opened.dashboard_id, 1, state)
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
    for opened, title in ((victim, "mine"), (thief, "stolen")):
        rows = await place.log.read_rows(opened.dashboard_id)
        assert rows is not None
        assert rows.state["widgets"][stolen]["title"] == title


async def test_law10_a_description_too_long_to_search_does_not_poison_a_checkpoint(place: Place):
    opened = await committed(place, 1)
    words = [f"{chr(0x20000 + n // 300)}{chr(0x20000 + n % 300)}" for n in range(60_000)]
    description = " ".join("-".join(words[n : n + 2]) for n in range(0, 60_000, 2))
    state = state_with({}, description=description)
    assert await place.log.write_checkpoint(Checkpoint(opened.dashboard_id, 1, state), opened.epoch)
    rows = await place.log.read_rows(opened.dashboard_id)
    assert rows is not None
    assert rows.state["description"] == state["description"]


async def test_law3_a_checkpoint_keeps_the_newest_submission_of_each_replica(place: Place):
    opened = await place.opened()
    replica_id = uuid4()
    first = submission(1, replica_id=replica_id, sequence=7, fingerprint=b"a" * 16)
    second = submission(2, replica_id=replica_id, sequence=9, fingerprint=b"b" * 16)
    other = submission(3)
    await place.log.commit([commit_of(opened, first, second, other)])

    async def mark_at(version: int, *marks):
        state = state_with({})
        checkpoint = Checkpoint(opened.dashboard_id, version, state, 1, marks)
        assert await place.log.write_checkpoint(checkpoint, opened.epoch)
        return await place.log.replica_mark(opened.dashboard_id, replica_id)

    assert await place.log.replica_mark(opened.dashboard_id, replica_id) is None
    assert await mark_at(1, mark_of(first)) == mark_of(first)
    assert await mark_at(3, mark_of(second), mark_of(other)) == mark_of(second)
    assert await mark_at(3, mark_of(first)) == mark_of(second), "a mark never falls back"
    assert await place.log.replica_mark(uuid4(), replica_id) is None


async def test_law3_marks_of_a_fenced_checkpoint_are_not_kept(place: Place):
    opened = await place.opened()
    one = submission(1)
    await place.log.commit([commit_of(opened, one)])
    await place.log.open_dashboard(opened.dashboard_id)
    checkpoint = Checkpoint(opened.dashboard_id, 1, state_with({}), 1, (mark_of(one),))
    assert await place.log.write_checkpoint(checkpoint, opened.epoch) is False
    assert await place.log.replica_mark(opened.dashboard_id, one.replica_id) is None
