"""No consent, no template: promise 5."""

from datetime import date

import pytest

from enrollment.consent import Agreement, Allowed, ConsentFault, NotAllowed, may_enrol, years_between

TODAY = date(2026, 11, 20)
FACE, CENTRAL = Agreement("face", agreed=True, given=TODAY), Agreement("central", agreed=True, given=TODAY)
BOTH = [FACE, CENTRAL]
GUARDED = [Agreement(kind, agreed=True, given=TODAY, by_guardian=True) for kind in ("face", "central")]
pytestmark = pytest.mark.promise(5)


def test_both_consents_allow() -> None:
    assert may_enrol(BOTH, None) == Allowed()


@pytest.mark.parametrize(
    ("consents", "code"),
    [
        ([], ConsentFault.NO_FACE_CONSENT),
        ([CENTRAL], ConsentFault.NO_FACE_CONSENT),
        ([FACE], ConsentFault.NO_CENTRAL_CONSENT),
        ([Agreement("face", agreed=False, given=TODAY), CENTRAL], ConsentFault.NO_FACE_CONSENT),
        (
            [Agreement("face", agreed=True, given=TODAY, withdrawn=True), CENTRAL],
            ConsentFault.NO_FACE_CONSENT,
        ),
        (
            [FACE, Agreement("central", agreed=True, given=TODAY, withdrawn=True)],
            ConsentFault.NO_CENTRAL_CONSENT,
        ),
        ([Agreement("internet", agreed=True, given=TODAY)], ConsentFault.NO_FACE_CONSENT),
    ],
)
def test_what_is_missing_is_said(consents: list[Agreement], code: ConsentFault) -> None:
    assert may_enrol(consents, None) == NotAllowed(code)


def test_the_last_answer_counts() -> None:
    refused = Agreement("face", agreed=False, given=TODAY)
    assert may_enrol([refused, *BOTH], None) == Allowed()
    assert may_enrol([*BOTH, refused], None) == NotAllowed(ConsentFault.NO_FACE_CONSENT)


def test_a_child_needs_a_guardian_for_both() -> None:
    child = date(2015, 1, 1)
    assert may_enrol(BOTH, child) == NotAllowed(ConsentFault.NO_GUARDIAN_CONSENT)
    assert may_enrol([GUARDED[0], CENTRAL], child) == NotAllowed(ConsentFault.NO_GUARDIAN_CONSENT)
    assert may_enrol(GUARDED, child) == Allowed()


def test_the_day_of_the_fourteenth_birthday() -> None:
    assert may_enrol(BOTH, date(2012, 11, 20)) == Allowed()
    assert isinstance(may_enrol(BOTH, date(2012, 11, 21)), NotAllowed)


def test_somebody_born_on_29_february() -> None:
    assert years_between(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert years_between(date(2012, 2, 29), date(2026, 3, 1)) == 14


def test_a_birthday_changes_nothing_about_an_answer_given_before() -> None:
    young, old = date(2012, 11, 1), date(2026, 10, 1)
    own = [Agreement(kind, agreed=True, given=old) for kind in ("face", "central")]
    assert may_enrol(own, young) == NotAllowed(ConsentFault.NO_GUARDIAN_CONSENT)
    guarded = [Agreement(kind, agreed=True, given=old, by_guardian=True) for kind in ("face", "central")]
    assert may_enrol(guarded, young) == Allowed()
