"""Rosters of any shape, for properties."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from contracts.ids import CompoundId, GateId, ModelId, PassId, PersonId
from contracts.roster import (
    FLOAT32_BYTES,
    Name,
    Roster,
    RosterBody,
    RosterPair,
    RosterPass,
    RosterPerson,
    RosterPin,
)

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MOMENTS = st.integers(0, 10**14).map(lambda microseconds: NOON + timedelta(microseconds=microseconds))
PEOPLE = st.builds(
    RosterPerson,
    id=st.sampled_from([PersonId(f"p{number}") for number in range(9)]),
    since=st.none() | MOMENTS,
    until=st.none() | MOMENTS,
    second_credential=st.booleans(),
)
PINS = st.builds(
    RosterPin,
    person=st.sampled_from([PersonId(f"p{number}") for number in range(9)]),
    mac=st.sampled_from(["a" * 64, "b" * 64, "c" * 64]),
)
PASSES = st.builds(
    RosterPass,
    id=st.sampled_from([PassId(f"v{number}") for number in range(5)]),
    since=MOMENTS,
    until=MOMENTS,
    uses=st.integers(1, 9),
    used=st.integers(0, 9),
    cancelled=st.booleans(),
    home=st.booleans(),
    mac=st.none() | st.just("d" * 64),
)


def a_head(**given: object) -> Roster:
    name = Name(zh="东门", en="East gate")
    plain = Roster(
        compound=CompoundId("red-garden"),
        gate=GateId("east-gate"),
        generation=1,
        version=1,
        made_at=NOON,
        compound_name=name,
        gate_name=name,
        model=ModelId("sface"),
        width=1,
        pin_key="AAAA",
    )
    return plain.model_copy(update=given)


@st.composite
def bodies(draw: st.DrawFn) -> RosterBody:
    """People in any order and more than once, rows in any order, pairs, PINs and passes."""
    people = draw(st.lists(PEOPLE, max_size=8))
    owners = st.integers(0, len(people) - 1) if people else st.nothing()
    rows = draw(st.lists(owners, max_size=10)) if people else []
    known = sorted(set(rows))
    pairs = [RosterPair(one=one, other=other) for one, other in pairwise(known) if draw(st.booleans())]
    width = draw(st.integers(1, 2))
    template = st.sampled_from([bytes([number]) * width * FLOAT32_BYTES for number in range(4)])
    head = a_head(
        version=draw(st.integers(1, 99)),
        made_at=draw(MOMENTS),
        width=width,
        people=people,
        rows=rows,
        confusable=pairs or draw(st.sampled_from([None, []])),
        pins=draw(st.lists(PINS, max_size=6)),
        passes=draw(st.lists(PASSES, max_size=5)),
    )
    return RosterBody(head, b"".join(draw(template) for _ in rows))


def a_street(people: int, width: int = 256) -> RosterBody:
    """So many people in the order of their ids, two templates and a PIN each: what a main gate holds."""
    everybody = [RosterPerson(id=PersonId(f"{number:032x}")) for number in range(people)]
    rows = [owner for owner in range(people) for _ in range(2)]
    block = b"".join(number.to_bytes(4, "little") * width for number in range(2 * people))
    pins = [RosterPin(person=one.id, mac=f"{number:064x}") for number, one in enumerate(everybody)]
    return RosterBody(a_head(width=width, people=everybody, rows=rows, pins=pins), block)


def without(body: RosterBody, number: int) -> RosterBody:
    """The next version, once this person's rights have ended."""
    old = body.roster
    size = old.width * FLOAT32_BYTES
    kept = [place for place, owner in enumerate(old.rows) if owner != number]
    gone = old.people[number].id
    head = old.model_copy(
        update={
            "version": old.version + 1,
            "people": old.people[:number] + old.people[number + 1 :],
            "rows": [old.rows[place] - (old.rows[place] > number) for place in kept],
            "pins": [pin for pin in old.pins if pin.person != gone],
        }
    )
    return RosterBody(head, b"".join(body.templates[place * size : (place + 1) * size] for place in kept))
