"""Errors carry a remedy and an exit code, wherever they are raised."""

import pickle

import pytest

from anonymiser import errors


def tree(cls=errors.AnonymiserError):
    return [cls, *(sub for child in cls.__subclasses__() for sub in tree(child))]


@pytest.mark.parametrize("cls", tree())
def test_an_error_survives_the_way_back_from_a_worker(cls):
    """Message, remedy, type and exit code are the same after pickling."""
    error = pickle.loads(pickle.dumps(cls("what", remedy="do this")))  # noqa: S301 - our own bytes
    assert (type(error), error.message, error.remedy) == (cls, "what", "do this")
    assert error.exit_code is cls.exit_code


@pytest.mark.parametrize("cls", tree())
def test_the_drawn_tree_names_every_error(cls):
    """The tree at the top of the module is the tree in the code."""
    assert cls.__name__ in (errors.__doc__ or "")


def test_exit_codes_are_those_of_the_contract():
    """Scripts check these numbers."""
    assert {code.name: code.value for code in errors.ExitCode} == {
        "DONE": 0, "INTERNAL": 1, "USAGE": 2, "WORKSPACE": 3, "INCOMPLETE": 4, "REFUSED": 5, "REVIEW_WAITING": 6,
        "INTERRUPTED": 130,
    }  # fmt: skip
