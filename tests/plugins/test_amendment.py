"""Laws 3 and 4 with plug-ins that check and amend: what they add is part of the version, for
everyone alike, and the author knows its own edits again.
"""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from actors.instructions import Publish, Reply
from tests.owner.owner_conversation import (
    WIDGET,
    Conversation,
    named,
    only,
    opened_at,
    retitling,
    said,
    typing,
)
from tests.simulation.histories import run_seed
from tests.simulation.laws import LawBrokenError
from tests.simulation.simulated_person import LEDGER
from weft.client.working_copy import WorkingCopy
from weft.errors import WeftError
from weft.ot import Document, Operation
from weft.plugins import Plugin, Proposal, Refusal
from weft.plugins.loading import Loaded
from weft.plugins.plugin_service import Plugins
from weft.plugins.review import amend, nothing_added
from weft.wire.messages import Submission

SEEDS, STEPS = 25, 200


def asking(*plugins: Plugin) -> Plugins:
    for number, plugin in enumerate(plugins):
        plugin.name = plugin.name or f"{type(plugin).__name__}{number}"
    return Plugins([Loaded(each, each.on_failure) for each in plugins])


class Shouts(Plugin):
    """Whatever the title is, it is in capitals."""

    name = "shouts"

    def review(self, proposal: Proposal) -> list[dict[str, Any]]:
        title = proposal.after.value_at(None, ("title",))
        return [] if title == title.upper() else [retitling(title.upper())]


class NoSecrets(Plugin):
    name = "no_secrets"

    def review(self, proposal: Proposal) -> None:
        if "SECRET" in proposal.after.value_at(None, ("title",)):
            raise Refusal("Not in a title.", place="title")


def conversation(*plugins: Plugin) -> Conversation:
    talk = Conversation(review=asking(*plugins).review)
    talk.join("ann")
    talk.join("bob")
    return talk


def test_law4_what_is_added_follows_in_the_same_version_and_names_its_plugin() -> None:
    talk = conversation(Shouts())
    talk.submit("ann", 1, 0, retitling("Costs"))
    (submission,) = said(only(Publish, talk.commit()))["submissions"]
    assert submission["operations"] == [
        {"type": "update", "path": ["title"], "value": "Costs", "oldValue": "Sales"},
        {
            "type": "update",
            "path": ["title"],
            "value": "COSTS",
            "oldValue": "Costs",
            "plugin": "shouts",
        },
    ]
    assert talk.heart.sequencer.durable.value_at(None, ("title",)) == "COSTS"
    assert (submission["version"], submission["sequence"]) == (1, 1)


def test_law3_the_same_submission_sent_again_is_acknowledged_though_it_was_amended() -> None:
    talk = conversation(Shouts())
    talk.submit("ann", 1, 0, retitling("Costs"))
    talk.commit()
    again = said(only(Reply, talk.submit("ann", 1, 0, retitling("Costs"))))
    assert (again["type"], again["version"]) == ("acknowledged", 1)
    other = said(only(Reply, talk.submit("ann", 1, 0, retitling("COSTS"))))
    assert other["code"] == "id_reused"


def test_law7_a_refusal_is_answered_and_the_next_submission_passes() -> None:
    talk = conversation(Shouts(), NoSecrets())
    refused = said(only(Reply, talk.submit("ann", 1, 0, retitling("secret"))))
    assert (refused["type"], refused["code"], refused["retry"]) == ("rejected", "refused", "never")
    assert (refused["message"], refused["plugin"]) == ("Not in a title.", "no_secrets")
    assert refused["place"] == "title"
    talk.submit("ann", 2, 0, retitling("Costs"))
    (submission,) = said(only(Publish, talk.commit()))["submissions"]
    assert submission["version"] == 1


def test_law17_who_has_not_seen_an_amendment_is_transformed_over_it() -> None:
    class Prefixes(Plugin):
        name = "prefixes"

        def review(self, proposal: Proposal) -> list[dict[str, Any]]:
            text = proposal.after.value_at(WIDGET, ("config", "text"))
            return [] if text.startswith("> ") else [typing("> ")]

    talk = Conversation(opened_at(text="abc"), asking(Prefixes()).review)
    talk.join("ann")
    talk.join("bob")
    talk.submit("ann", 1, 0, typing("!", 3))
    talk.submit("bob", 1, 0, typing("x", 1))
    talk.commit()
    assert talk.text() == "> axbc!"


def test_law4_a_replay_of_the_log_holds_what_was_added() -> None:
    talk = conversation(Shouts())
    talk.submit("ann", 1, 0, retitling("Costs"))
    talk.submit("bob", 1, 0, typing("hello"))
    talk.commit()
    again = Conversation(replace(opened_at(), version=2, tail=tuple(talk.committed)))
    assert again.heart.sequencer.durable == talk.heart.sequencer.durable


def test_the_author_keeps_what_it_typed_on_and_is_told_what_was_overwritten() -> None:
    """It goes on in a widget that the submission in flight adds, which is then amended."""
    replica = named("ann")
    copy = WorkingCopy(replica, 0, Document.from_json({"title": "Sales", "widgets": {}}))
    title = Operation("update", None, ("title",), "Costs")
    copy.edit((title,))
    flying = copy.pending.launch()
    assert flying is not None
    copy.edit((Operation("insert", None, ("title",), "!", position=5),))
    news = copy.follow([committed(replica, flying.sequence)]).news
    assert copy.confirmed.value_at(None, ("title",)) == "COSTS"
    assert copy.pending.in_flight is None
    told = [each.notice.reason for each in news if hasattr(each, "notice")]
    assert told, "its value was overwritten, and so was what it typed on"
    assert not copy.pending
    assert copy.view == copy.confirmed


def committed(replica: UUID, sequence: int) -> Submission:
    return Submission(
        version=1,
        replica_id=replica,
        sequence=sequence,
        user_id=named("user"),
        base_version=0,
        operations=[
            {"type": "update", "path": ["title"], "value": "Costs"},
            {"type": "update", "path": ["title"], "value": "COSTS", "plugin": "shouts"},
        ],
        at=0,
    )


def test_what_is_typed_on_in_a_new_widget_outlives_its_amendment() -> None:
    replica, widget = named("ann"), "00000000-0000-4000-8000-00000000000a"
    record = {
        "type": "text",
        "title": None,
        "position": {"x": 0, "y": 0, "width": 1, "height": 1},
        "config": {"text": "a"},
        "data": {},
        "isLocked": False,
    }
    copy = WorkingCopy(replica, 0, Document.from_json({"title": "Sales", "widgets": {}}))
    copy.edit((Operation("addWidget", widget, (), record),))
    flying = copy.pending.launch()
    assert flying is not None
    copy.edit((Operation("insert", widget, ("config", "text"), "b", position=1),))
    submission = committed(replica, flying.sequence).model_copy(
        update={
            "operations": [
                {"type": "addWidget", "targetId": widget, "value": record},
                {**typing("#", 0, widget), "plugin": "marks"},
            ]
        }
    )
    copy.follow([submission])
    assert copy.confirmed.value_at(widget, ("config", "text")) == "#a"
    assert copy.view.value_at(widget, ("config", "text")) == "#ab"


class Meddles(Plugin):
    """Adds, removes and refuses, by what it sees alone; the ledger's markers are nobody's."""

    name = "meddles"

    def __init__(self) -> None:
        self.did = Counter[str]()

    def review(self, proposal: Proposal) -> list[dict[str, Any]]:
        added: list[dict[str, Any]] = []
        for each in proposal.operations:
            if each.target_id == LEDGER:
                continue
            if each.type == "resize" and each.value.get("width", 0) % 5 == 0:
                self.did["refused"] += 1
                raise Refusal
            if each.type == "insert" and self._is_text(proposal, each):
                self.did["typed"] += 1
                where = {"targetId": each.target_id} if each.target_id else {}
                added.append(
                    {
                        "type": "insert",
                        "path": list(each.path),
                        "position": 0,
                        "value": "*",
                        **where,
                    }
                )
            elif each.type == "move" and each.target_id in proposal.after and not added:
                self.did["removed"] += 1
                return [{"type": "removeWidget", "targetId": each.target_id}]
            elif each.type == "update" and each.path == ("title",):
                self.did["titled"] += 1
                added.append(retitling(f"{len(str(each.value))} letters"))
        return added

    def _is_text(self, proposal: Proposal, each: Operation) -> bool:
        try:
            return isinstance(proposal.after.value_at(each.target_id, each.path), str)
        except WeftError:
            return False


def test_laws_1_to_5_and_7_hold_in_histories_that_a_plugin_meddles_with() -> None:
    """The real hearts of owner and clients, cut, crashed and reordered by chance."""
    meddler = Meddles()
    plugins = asking(meddler)
    counts = Counter[str]()
    for seed in range(SEEDS):
        counts += run_seed(seed, STEPS, review=plugins.review).counts
    assert meddler.did.keys() >= {"typed", "titled", "removed"}, meddler.did
    assert not plugins.counts()["meddles"]["failed"]
    assert counts["committed"]


def test_the_simulator_finds_out_a_client_that_takes_what_was_added_for_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_in = WorkingCopy._take_in

    def unmarked(self: WorkingCopy, submission: Submission) -> Any:
        plain = [{k: v for k, v in each.items() if k != "plugin"} for each in submission.operations]
        return take_in(self, submission.model_copy(update={"operations": plain}))

    monkeypatch.setattr(WorkingCopy, "_take_in", unmarked)
    review = asking(Meddles()).review
    with pytest.raises(LawBrokenError) as broken:
        for seed in range(60):
            run_seed(seed, review=review)
    assert broken.value.law in (4, 10)


@pytest.mark.parametrize(
    "added",
    [
        [{"type": "insert", "path": ["title"], "position": 999, "value": "x"}],
        [{"type": "removeWidget", "targetId": "00000000-0000-4000-8000-0000000000ff"}],
        [{"type": "noop", "reason": "superseded"}],
        [{**retitling("x"), "plugin": "somebody else"}],
        [retitling("x" * 1_000)],
        [retitling("x")] * 101,
        ["nonsense"],
    ],
)
def test_law7_an_amendment_that_cannot_be_is_the_plugins_fault(added: list[Any]) -> None:
    proposal = Proposal(named("d"), named("u"), named("r"), 0, (), EMPTY, EMPTY)
    with pytest.raises((WeftError, TypeError, ValueError)):
        amend(nothing_added(proposal), "p", added)


EMPTY = Document.from_json({"title": "Sales", "widgets": {}})
