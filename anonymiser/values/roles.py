"""Who at the school may do what: roles are sets of tasks, and this is the one place that says which."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType


@enum.unique
class Task(enum.Enum):
    """A part of the work; every address of the desk needs exactly one."""

    DESK = "use the desk"
    """Say who sits before it, get up again, close it: everybody, also before they have said who they are."""
    START = "see what is to be done"
    DROP = "add photos"
    REVIEW = "look at photos and decide"
    CONSENTS = "look up people, import and record consents"
    SEALED = "deal with what is put aside"
    HEALTH = "see settings and health"
    RECORDS = "read the records"


@enum.unique
class StaffRole(enum.StrEnum):
    """What somebody is at the school. The value is the word of the command line, and is kept in the staff list."""

    TEACHER = "teacher"
    SBM = "sbm"
    SAFEGUARDING = "safeguarding"
    NETWORK = "network"
    DPO = "dpo"

    @property
    def tasks(self) -> frozenset[Task]:
        """What they may do."""
        return TASKS[self]

    @property
    def called(self) -> str:
        """As people call it, to follow "the"."""
        return _TITLES[self]

    @property
    def sees_every_event(self) -> bool:
        """Whether events of other people's classes are their business."""
        return Task.REVIEW in self.tasks


EVERYTHING = frozenset(Task) - {Task.SEALED}
"""What whoever uses the program's account may do at the desk where there is no staff list."""

TASKS: Mapping[StaffRole, frozenset[Task]] = MappingProxyType(
    {
        StaffRole.TEACHER: frozenset({Task.DESK, Task.START, Task.DROP}),
        StaffRole.SBM: EVERYTHING,
        StaffRole.SAFEGUARDING: frozenset({Task.DESK, Task.START, Task.SEALED}),
        StaffRole.NETWORK: frozenset({Task.DESK, Task.HEALTH}),
        StaffRole.DPO: frozenset({Task.DESK, Task.RECORDS}),
    }
)

_TITLES = {
    StaffRole.TEACHER: "teacher",
    StaffRole.SBM: "School Business Manager",
    StaffRole.SAFEGUARDING: "safeguarding lead",
    StaffRole.NETWORK: "network manager",
    StaffRole.DPO: "data protection officer",
}


def who_may(task: Task) -> tuple[StaffRole, ...]:
    """The roles with a task, in the order in which they are declared."""
    return tuple(role for role in StaffRole if task in role.tasks)
