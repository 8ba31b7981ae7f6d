"""No consent, no template: promise 5."""

from datetime import date

import pytest

from enrollment.consent import Agreement, Allowed, ConsentFault, NotAllowed, may_enrol, years_between

TODAY = date(2026, 11, 20)
FACE, CENTRAL = Agreement("face", agreed=True), Agreement("central", agreed=True)
BOTH = [FACE, CENTRAL]
GUARDED = [Agreement(kind, agreed=True, by_guardian=True) for kind in ("face", "central")]
pytestmark = pytest.mark.promise(5)


def test_both_consents_allow() -> None:
    assert may_enrol(BOTH, None, TODAY) == Allowed()


@pytest.mark.parametrize(
    ("consents", "code"),
    [
        ([], ConsentFault.NO_FACE_CONSENT),
        ([CENTRAL], ConsentFault.NO_FACE_CONSENT),
        ([FACE], ConsentFault.NO_CENTRAL_CONSENT),
        ([Agreement("face", agreed=False), CENTRAL], ConsentFault.NO_FACE_CONSENT),
        ([Agreement("face", agreed=True, withdrawn=True), CENTRAL], ConsentFault.NO_FACE_CONSENT),
        ([FACE, Agreement("central", agreed=True, withdrawn=True)], ConsentFault.NO_CENTRAL_CONSENT),
        ([Agreement("internet", agreed=True)], ConsentFault.NO_FACE_CONSENT),
    ],
)
def test_what_is_missing_is_said(consents: list[Agreement], code: ConsentFault) -> None:
    assert may_enrol(consents, None, TODAY) == NotAllowed(code)


def test_the_last_answer_counts() -> None:
    refused = Agreement("face", agreed=False)
    assert may_enrol([refused, *BOTH], None, TODAY) == Allowed()
    assert may_enrol([*BOTH, refused], None, TODAY) == NotAllowed(ConsentFault.NO_FACE_CONSENT)


def test_a_child_needs_a_guardian_for_both() -> None:
    child = date(2015, 1, 1)
    assert may_enrol(BOTH, child, TODAY) == NotAllowed(ConsentFault.NO_GUARDIAN_CONSENT)
    assert may_enrol([GUARDED[0], CENTRAL], child, TODAY) == NotAllowed(ConsentFault.NO_GUARDIAN_CONSENT)
    assert may_enrol(GUARDED, child, TODAY) == Allowed()


def test_the_day_of_the_fourteenth_birthday() -> None:
    assert may_enrol(BOTH, date(2012, 11, 20), TODAY) == Allowed()
    assert isinstance(may_enrol(BOTH, date(2012, 11, 21), TODAY), NotAllowed)


def test_somebody_born_on_29_february() -> None:
    assert years_between(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert years_between(date(2012, 2, 29), date(2026, 3, 1)) == 14
