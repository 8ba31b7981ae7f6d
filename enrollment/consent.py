"""Whether a template may be made at all. Pure; whoever asks hands in what the register holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

GUARDED_UNTIL: Final = 14
"""Years of age. 个人信息保护法 article 31: below it a parent or other guardian consents."""

FACE, CENTRAL = "face", "central"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One recorded answer. `by_guardian`: given by another person who answers for this one."""

    kind: str
    agreed: bool
    given: date
    withdrawn: bool = False
    by_guardian: bool = False


class ConsentFault(StrEnum):
    """What is missing before a face may be enrolled."""

    NO_FACE_CONSENT = "no_face_consent"
    NO_CENTRAL_CONSENT = "no_central_consent"
    NO_GUARDIAN_CONSENT = "no_guardian_consent"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Every consent that is needed stands."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """No template may be made, nor kept."""

    code: ConsentFault


def may_enrol(consents: Sequence[Agreement], born: date | None) -> Allowed | NotAllowed:
    """By the last answer of each kind; `consents` are in the order in which they were given.

    `born` is recorded for whoever is, or may be, below 14: none means 14 or older. What counts is the age on
    the day of the answer: a guardian's stands after the birthday, a child's own does not come to stand by it.
    """
    last = {each.kind: each for each in consents}
    needed = ((FACE, ConsentFault.NO_FACE_CONSENT), (CENTRAL, ConsentFault.NO_CENTRAL_CONSENT))
    for kind, fault in needed:
        answer = last.get(kind)
        if answer is None or not answer.agreed or answer.withdrawn:
            return NotAllowed(fault)
    if born is not None and not all(_given_by_the_right_person(last[kind], born) for kind, _ in needed):
        return NotAllowed(ConsentFault.NO_GUARDIAN_CONSENT)
    return Allowed()


def _given_by_the_right_person(answer: Agreement, born: date) -> bool:
    return answer.by_guardian or years_between(born, answer.given) >= GUARDED_UNTIL


def years_between(born: date, today: date) -> int:
    """Full years of age; somebody born on 29 February turns a year older on 1 March of a common year."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
