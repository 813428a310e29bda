"""Law 4 within the algebra: whatever the order of arrival, all end in the server's document."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ot.laws import small_chunks
from tests.ot.replicas import Replica, Server, converge
from weft.ot import Operation

TEXT = ("title",)


@settings(settings.get_profile("laws"), max_examples=300)
@given(seed=st.integers(0, 2**32 - 1), replicas=st.integers(2, 4))
def test_law4_replicas_and_server_hold_one_document(seed: int, replicas: int) -> None:
    with small_chunks(seed % 2 == 0):
        converge(seed, replicas)


def test_what_two_people_type_at_one_place_stays_in_two_pieces() -> None:
    server = Server({"title": ""})
    ann, ben = Replica(0, {"title": ""}), Replica(1, {"title": ""})
    for number in range(4):
        for replica, letters in ((ann, "anna"), (ben, "BENN")):
            at = replica.view.value_at(None, TEXT).find(letters[:number]) + number
            letter = letters[number]
            replica.edit((Operation("insert", None, TEXT, letter, position=max(at, 0)),))
        for replica in (ann, ben):
            replica.send(server)
        for replica in (ann, ben):
            replica.receive(server)
            replica.receive(server)
    assert server.document.value_at(None, TEXT) == "BENNanna"
    assert ann.view == ben.view == server.document
