"""The decision: one pure function for face, PIN and pass."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.words import Method, Outcome, Reason
from gate.access import passes
from gate.access.claim import Claim, ShownPass
from gate.access.rights import Rights


class Liveness(StrEnum):
    """What a gate does about a face that was not shown to be alive."""

    OFF = "off"
    WARN = "warn"  # opens, and says so in the record
    SECOND = "second"  # asks for a second credential
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Grant:
    """The door opens. A reason is a remark: nothing here makes the grant weaker."""

    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """The door stays shut."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Ask:
    """The door stays shut until a second credential is shown; that one is an attempt of its own."""

    reason: Reason


Decision = Grant | Deny | Ask


@dataclass(frozen=True, slots=True)
class GateState:
    """What a decision needs to know of the gate. `stale` also holds for a gate without any roster."""

    stale: bool = False
    clock_trusted: bool = True
    keypad_locked: bool = False
    liveness: Liveness = Liveness.WARN
    stale_pin: bool = False  # the operator lets residents' PINs outlive the lease
    locked_down: bool = False  # and nobody before this reader can be on the way out
    fire: bool = False  # the lock has no power any more: whoever passes is recorded, nobody is held up


def decide(claim: Claim, rights: Rights, state: GateState, now: datetime) -> Decision:
    """What becomes of a claim. Whatever is not proved stays outside (promise 6), but for a fire (promise 13)."""
    if state.fire:
        return Grant(Reason.FIRE)
    if state.locked_down:
        return Deny(Reason.LOCK_DOWN)
    if claim.method is Method.PIN and state.keypad_locked:
        return Deny(Reason.LOCKED_OUT)
    if state.stale and not (state.stale_pin and claim.method is Method.PIN and claim.shown is None):
        return Deny(Reason.STALE_RIGHTS)
    if claim.doubt is not None:
        return _in_doubt(claim, claim.doubt, state.liveness)
    if claim.shown is not None:
        return _for_pass(claim, claim.shown, rights, state, now)
    return _for_person(claim, rights, state, now)


def outcome_of(decision: Decision) -> Outcome:
    """The decision as the wire says it."""
    if isinstance(decision, Grant):
        return Outcome.GRANTED
    return Outcome.ASKED if isinstance(decision, Ask) else Outcome.DENIED


def _in_doubt(claim: Claim, doubt: Reason, policy: Liveness) -> Decision:
    return _one_of_two(claim, policy) if doubt is Reason.AMBIGUOUS else Deny(doubt)


def _for_pass(claim: Claim, shown: ShownPass, rights: Rights, state: GateState, now: datetime) -> Decision:
    if not state.clock_trusted:
        return Deny(Reason.NO_CLOCK)
    against = passes.objection(shown, rights, claim.used, now) or passes.server_objection(shown, claim.use)
    return Deny(against) if against else Grant()


def _for_person(claim: Claim, rights: Rights, state: GateState, now: datetime) -> Decision:
    if claim.person is None:
        return Deny(Reason.UNKNOWN)
    against = rights.objection(claim.person, now, state.clock_trusted)
    if against is not None:
        return Deny(against)
    if claim.method is not Method.FACE:
        return Grant()
    if rights.is_look_alike(claim.person):
        return _one_of_two(claim, state.liveness)
    return _alive(claim, state.liveness)


def _one_of_two(claim: Claim, policy: Liveness) -> Decision:
    """Asked for more where the face alone would open; a picture of somebody's double is refused as any other."""
    decision = _alive(claim, policy)
    return Ask(Reason.AMBIGUOUS) if isinstance(decision, Grant) else decision


def _alive(claim: Claim, policy: Liveness) -> Decision:
    """A face nobody measured is as little alive as one that failed: only `live` says otherwise."""
    if policy is Liveness.OFF or claim.live:
        return Grant()
    if policy is Liveness.WARN:
        return Grant(Reason.NOT_LIVE if claim.live is False else None)
    return Ask(Reason.NOT_LIVE) if policy is Liveness.SECOND else Deny(Reason.NOT_LIVE)
