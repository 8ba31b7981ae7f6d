"""A claim: what somebody at the gate has shown, and what it proves."""

from dataclasses import dataclass
from datetime import datetime

from contracts.ids import GateId, PassId, PersonId
from contracts.pass_token import ReadPass
from contracts.roster import RosterPass
from contracts.words import Method, Reason


@dataclass(frozen=True, slots=True)
class Measured:
    """What the eye measured on the way to a claim; all absent for a PIN or a code.

    `score` and `margin` are distances in the units of the gate's model, `live` runs from 0 to 1,
    `waited_ms` from the first usable frame to the verdict.
    """

    score: float | None = None
    margin: float | None = None
    frames: int | None = None
    waited_ms: int | None = None
    live: float | None = None


NOT_MEASURED = Measured()


@dataclass(frozen=True, slots=True)
class Use:
    """What the server said when one use of a pass was claimed from it."""

    reached: bool
    refused: Reason | None = None


CUT_OFF = Use(reached=False)


@dataclass(frozen=True, slots=True)
class ShownPass:
    """A visitor's pass as it was shown: by its signed code, or by its PIN.

    `here` says whether it names this gate, `home` whether this gate may accept it while cut off.
    """

    pass_id: PassId
    since: datetime
    until: datetime
    uses: int
    here: bool
    home: bool

    @classmethod
    def read(cls, code: ReadPass, gate: GateId) -> "ShownPass":
        """A pass as its verified code tells it."""
        return cls(code.pass_id, code.since, code.until, code.uses, code.is_for(gate), code.has_home(gate))

    @classmethod
    def listed(cls, row: RosterPass) -> "ShownPass":
        """A pass as the roster tells it: the roster lists only passes for this gate."""
        return cls(row.id, row.since, row.until, row.uses, here=True, home=row.home)


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt to pass. A claim with a doubt proves nobody, and the doubt says why.

    `live` is None where nothing was measured. `used` counts the uses of the pass this gate knows of, the
    present one not included.
    """

    method: Method
    person: PersonId | None = None
    shown: ShownPass | None = None
    doubt: Reason | None = None
    live: bool | None = None
    use: Use = CUT_OFF
    used: int = 0
    measured: Measured = NOT_MEASURED

    @property
    def pass_id(self) -> PassId | None:
        return self.shown.pass_id if self.shown else None
