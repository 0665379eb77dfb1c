"""Passwords of the staff: what is asked of one, its hash, and whether one is right.

The hash is argon2id with the first choice of RFC 9106 for computers with little memory (64 MiB, 3 passes), which is
argon2-cffi's own default. It takes about 50 ms, so whoever calls does so outside the page's own loop.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

from anonymiser.errors import UsageError
from anonymiser.staff.member import name_key

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
"""Characters. The NCSC asks for length and against rules of composition (three random words); what is longer than the
second only costs time."""
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$TjhcFHWSghD+GoehXfetYw$bUiE1Iovi7siAozdUOUtJiVXwkyPYZ5JoT8FpIz+61Y"
"""A hash with the same parameters as all others, of random bytes that were thrown away: compared with where there is no
such name, so that the answer takes as long."""


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - keeps --help fast

    return PasswordHasher()


def checked(password: str, name: str) -> str:
    """The password, if it may be one. Raises UsageError if it is too short, too long, or the name."""
    if len(password) < SHORTEST:
        raise UsageError(
            f"the password has fewer than {SHORTEST} characters", remedy="Take three random words, for example."
        )
    if len(password) > LONGEST or not password.isprintable():
        raise UsageError("this cannot be a password", remedy=f"Use one line of at most {LONGEST} characters.")
    if name_key(password) == name_key(name):
        raise UsageError("the password is the name", remedy="Take three random words, for example.")
    return password


def hashed(password: str) -> str:
    """The hash, with a new salt."""
    return _hasher().hash(_bytes(password))


def fits(password: str, found: str | None) -> bool:
    """Whether the password is the one of the hash; as slow, and False, if there is none."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415

    given = _bytes(password[: LONGEST + 1])
    try:
        return _hasher().verify(NOBODYS if found is None else found, given) and found is not None
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """The same for all ways of typing one text."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
