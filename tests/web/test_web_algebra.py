"""Laws 11 to 16 in two languages: what one algebra answers, the other answers too."""

from tests.ot.laws import small_chunks
from tests.web import fixed_vectors
from tests.web.cross_check import python_asks, python_differs, typescript_asks
from tests.web.questions import answer
from weft.ot.values import same_json

STORIES = 640  # of eight questions each


def test_typescript_answers_as_python_does_on_5_000_vectors() -> None:
    asked, differences = python_asks(first_seed=0, stories=STORIES)
    assert asked >= 5_000
    assert not differences, f"{len(differences)} differ, the first:\n{differences[0]}"


def test_python_answers_as_typescript_does() -> None:
    asked, differences = typescript_asks(first_seed=0, stories=STORIES // 2)
    assert asked >= 2_500
    assert not differences, f"{len(differences)} differ, the first:\n{differences[0]}"


def test_a_difference_would_be_found() -> None:
    vector = fixed_vectors.read()[0]
    wrong = {"question": vector["question"], "answer": {"error": "internal"}}
    assert len(python_differs([vector, wrong])) == 1


def test_the_vectors_of_the_npm_package_are_what_python_answers() -> None:
    vectors = fixed_vectors.read()
    assert len(vectors) >= 200
    for number, vector in enumerate(vectors, 1):
        with small_chunks(number % 2 == 0):
            got = answer(vector["question"])
        assert same_json(got, vector["answer"]), f"line {number}: write them anew, or find out why"
