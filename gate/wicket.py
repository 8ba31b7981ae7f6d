"""Credentials that are shown to a gate rather than seen by it: codes and PINs, tried beside the frame loop."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import structlog

from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import CompoundId, GateId, PassId, uuid7
from contracts.pass_token import ForgedPass, looks_like_a_pass, read_token
from contracts.pins import room_of
from contracts.words import Method, Reason
from gate.access.claim import CUT_OFF, Claim, ShownPass, Use
from gate.access.rights import Rights
from gate.attendant import Attendant
from gate.mqtt.fetch import NotReached
from gate.screen.messages import TypedPin
from gate.screen.stage import Answer

log = structlog.get_logger()

AT_ONCE: Final = 2  # a typed PIN does not wait for somebody else's code


class Claims(Protocol):
    """The server, asked for one use of a pass."""

    def claim_use(self, claim: ClaimV1) -> ClaimAnswerV1 | NotReached: ...


@dataclass(frozen=True, slots=True)
class Here:
    """Which gate this is, and its time."""

    compound: CompoundId
    gate: GateId
    now: Callable[[], datetime]


class Wicket:
    """Each attempt runs on a worker thread: asking the server takes up to a second."""

    def __init__(
        self, here: Here, attendant: Attendant, rights: Callable[[], Rights], server: Claims
    ) -> None:
        self._here, self._attendant, self._rights, self._server = here, attendant, rights, server
        self._lost: dict[PassId | None, UUID] = {}
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="wicket")

    def show_code(self, code: str) -> Future[Answer] | None:
        """Tries a code; None for one that is no pass at all, such as an advertisement."""
        if not looks_like_a_pass(code):
            return None
        tried = self._workers.submit(self.try_code, code)
        tried.add_done_callback(_say_what_failed)
        return tried

    def type_pin(self, typed: TypedPin) -> Future[Answer]:
        """Tries a PIN; the future is the answer that the screen shows too."""
        tried = self._workers.submit(self.try_pin, typed)
        tried.add_done_callback(_say_what_failed)
        return tried

    def try_code(self, code: str) -> Answer:
        """The answer to a code in view."""
        try:
            read = read_token(code, self._here.compound, self._rights().pass_keys)
        except ForgedPass:
            return self._attendant.attend(Claim(Method.QR, doubt=Reason.FORGED))
        return self._try_pass(Claim(Method.QR, shown=ShownPass.read(read, self._here.gate)))

    def try_pin(self, typed: TypedPin) -> Answer:
        """The answer to a room and a PIN, or to a visitor's PIN. A resting keypad looks nothing up."""
        if self._attendant.is_keypad_locked:
            return self._attendant.attend(Claim(Method.PIN, doubt=Reason.WRONG_PIN))
        claim = pin_claim(typed, self._rights())
        return self._try_pass(claim) if claim.shown else self._attendant.attend(claim)

    def close(self) -> None:
        """Lets attempts under way end, and takes no more."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _try_pass(self, claim: Claim) -> Answer:
        """A use given by the server and lost to a full disk is asked for again under its own id: it is not spent."""
        attempt = self._lost.pop(claim.pass_id, None) or uuid7()
        if self._attendant.would_grant(claim):
            claim = replace(claim, use=self._ask(claim, attempt))
        answer = self._attendant.attend(claim, attempt)
        if answer.reason is Reason.NO_RECORD:
            self._lost[claim.pass_id] = attempt
        return answer

    def _ask(self, claim: Claim, attempt: UUID) -> Use:
        if claim.shown is None:
            return CUT_OFF
        wanted = ClaimV1(id=attempt, gate=self._here.gate, pass_id=claim.shown.pass_id, at=self._here.now())
        answer = self._server.claim_use(wanted)
        return CUT_OFF if isinstance(answer, NotReached) else Use(reached=True, refused=answer.refused)


def pin_claim(typed: TypedPin, rights: Rights) -> Claim:
    """What a typed PIN proves. Wrong rooms and wrong PINs are told apart neither here nor by the answer."""
    pin = typed.pin.get_secret_value()
    if not typed.room.strip():
        row = rights.which_pass(pin)
        return Claim(Method.PIN, shown=ShownPass.listed(row)) if row else _WRONG
    room = room_of(typed.room)
    person = rights.whose_pin(room, pin) if room else None
    return Claim(Method.PIN, person=person) if person else _WRONG


def _say_what_failed(tried: Future[Answer]) -> None:
    """A worker's error would otherwise vanish with its future; the door stayed shut."""
    wrong = None if tried.cancelled() else tried.exception()
    if wrong is not None:
        log.error("A code or PIN could not be tried, the door stays shut", exc_info=wrong)


_WRONG: Final = Claim(Method.PIN, doubt=Reason.WRONG_PIN)
