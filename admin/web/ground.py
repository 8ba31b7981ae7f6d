"""What the pages stand on: settings, database, keys, clock and threads, put together once by `app.create_app`."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import Engine

from admin.security.keys import load_seal_public, load_sealing_key
from admin.settings import WebSettings

T = TypeVar("T")
TRANSLATIONS = Path(__file__).parent / "translations"


class Aside(Protocol):
    """Runs blocking work where it stops nobody else, and waits for its result."""

    def __call__(self, work: Callable[[], T]) -> T: ...


class TooSlow(Exception):
    """What was waited for did not come in time. No OSError: those of a body are taken for the client's farewell."""


class Patience(Protocol):
    """Ends what takes longer than so many seconds by raising TooSlow in it."""

    def __call__(self, seconds: float) -> AbstractContextManager[object]: ...


def for_ever(seconds: float) -> AbstractContextManager[object]:
    """For tests, whose bodies are there at once."""
    del seconds
    return nullcontext()


def on_gevents_clock(seconds: float) -> AbstractContextManager[object]:
    """For whatever waits in gevent's hub: hundreds wait there beside each other."""
    from gevent import Timeout  # here alone: tests and tools run without gevent

    return Timeout(seconds, TooSlow())


def in_place(work: Callable[[], T]) -> T:
    """For servers and tests that have a thread a request anyway."""
    return work()


def in_gevent_threads(work: Callable[[], T]) -> T:
    """On a native thread, so that SQLite and argon2 do not stop gevent's streams."""
    from gevent import get_hub  # here alone: tests and tools run without gevent

    context = copy_context()

    def caught() -> list[T] | BaseException:
        # A raised error would also be printed by gevent's hub, with whatever its frames hold.
        try:
            return [context.run(work)]
        except BaseException as error:  # noqa: BLE001 - raised again below, on the caller's side
            return error

    result = get_hub().threadpool.apply(caught)
    if isinstance(result, BaseException):
        raise result
    return result[0]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs between a served process and a test."""

    aside: Aside = in_place
    patience: Patience = for_ever
    clock: Callable[[], datetime] = utc_now
    translations: Path = TRANSLATIONS


@dataclass(frozen=True, slots=True)
class Keys:
    """Web's own key, and the public halves of those it seals to."""

    own: X25519PrivateKey
    worker: X25519PublicKey
    dispatch: X25519PublicKey

    @classmethod
    def load(cls, settings: WebSettings) -> Self:
        """Raises KeyFileError naming the file."""
        return cls(
            own=load_sealing_key(settings.own_keys / "web.key"),
            worker=load_seal_public(settings.public_keys / "worker.pub"),
            dispatch=load_seal_public(settings.public_keys / "dispatch.pub"),
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """One per app, in `app.extensions["kaimen"]`; read it through `admin.web.guard`."""

    settings: WebSettings
    engine: Engine
    keys: Keys
    around: Surroundings
