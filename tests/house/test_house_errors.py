"""Errors have stable codes, say whose fault it is, and survive pickling between processes."""

import pickle

import pytest

from weft.errors import CODES, Fault, OperationError, Retry, WeftError


@pytest.mark.parametrize("code", CODES)
def test_an_error_survives_the_trip_between_processes(code: str) -> None:
    sent = OperationError(code, "why", operation=3, path=["config", "text"])
    received = pickle.loads(pickle.dumps(sent))
    assert type(received) is OperationError
    assert received.to_json() == sent.to_json()
    assert str(received) == "why"


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_whose_fault_it_is_and_what_trying_again_takes(code: str) -> None:
    error = WeftError(code)
    assert isinstance(error.fault, Fault)
    assert isinstance(error.retry, Retry)
    assert error.message.endswith(".")


def test_an_unknown_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        WeftError("oops")
