"""A box's line to a server that it knows by a one-time code alone: first its authority, then all over its TLS."""

import ssl
import time
from typing import Final, Self

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from admin.security.authority import fingerprint
from contracts.join import JoinAnswerV1, JoinCode, JoinFault, JoinRequestV1, JoinState
from contracts.wire import LARGEST_MESSAGE, WireError
from kaimen.state import CannotStart

ASK_EVERY_S: Final = 1.0
STEP_S: Final = 10.0
LARGEST_CERTIFICATE: Final = 16_384
_TOO_MANY: Final = 429
_WRONG_CODE: Final = (401, 404)
WHY: Final = {
    JoinFault.EXPIRED: "The code has expired. Make a new one on the gates page.",
    JoinFault.CANCELLED: "The code was cancelled. Make a new one on the gates page.",
    JoinFault.USED: "The code was used before. If that was not here, somebody else has it: tell the manager.",
    JoinFault.WRONG_PROOF: "The server could not verify this box. Make a new code and copy it whole.",
    JoinFault.BAD_REQUEST: "The server did not take this box's keys. Use an empty folder: --state DIR",
    JoinFault.NOT_THE_BOX: "Whoever compared the fingerprint saw another one and said no.",
    JoinFault.NOT_SET_UP: "This server cannot add gates yet: docs/operations.md, 'Adding a gate'.",
}


class JoinLine:
    """Proxies of the environment are not used. `authority` is the certificate the code names; None on one machine."""

    def __init__(self, code: JoinCode) -> None:
        """Raises CannotStart where the server is not there or shows another authority than the code names."""
        self._url = code.url
        self.authority = None if code.ca is None else _authority(code.url, code.ca)
        verify = False if self.authority is None else _believing(self.authority)
        self._client = httpx.Client(verify=verify, trust_env=False, timeout=STEP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, asked: JoinRequestV1) -> JoinAnswerV1:
        """How far the request has come; the first time it is the request. Raises CannotStart where refused."""
        try:
            told = self._client.post(f"{self._url}/gate/v1/join", content=asked.encode())
        except httpx.HTTPError as trouble:
            raise CannotStart(_not_reached(self._url, trouble)) from None
        if told.status_code in _WRONG_CODE:
            raise CannotStart(
                "The server does not know this code. Copy it whole, or make a new one on the gates page."
            )
        if told.status_code == _TOO_MANY:
            raise CannotStart(
                "Too many wrong codes from this address. Wait a quarter of an hour, then try again."
            )
        try:
            answer = JoinAnswerV1.decode(told.content, LARGEST_MESSAGE)
        except WireError as wrong:
            raise CannotStart(f"{self._url} does not answer as Kaimen does ({wrong}).") from None
        if answer.state is JoinState.REFUSED:
            raise CannotStart(WHY[answer.why or JoinFault.BAD_REQUEST])
        return answer

    def admitted(self, asked: JoinRequestV1, wait_s: float) -> JoinAnswerV1:
        """Asks until the second person has confirmed. Raises CannotStart when refused or after so many seconds."""
        until = time.monotonic() + wait_s
        while (answer := self.ask(asked)).state is not JoinState.ADMITTED:
            if time.monotonic() > until:
                raise CannotStart("Nobody has confirmed yet. Type the same again to go on waiting.")
            time.sleep(ASK_EVERY_S)
        return answer


def _authority(url: str, pinned: str) -> bytes:
    """The certificate (PEM) whose hash stands in the code. Fetched unverified: nothing is sent, the hash decides."""
    try:
        got = httpx.get(f"{url}/gate/v1/ca", verify=False, trust_env=False, timeout=STEP_S)  # noqa: S501 - see above
        certificate = x509.load_pem_x509_certificate(got.content[:LARGEST_CERTIFICATE])
    except httpx.HTTPError as trouble:
        raise CannotStart(_not_reached(url, trouble)) from None
    except ValueError:
        raise CannotStart(f"{url} shows no certificate authority. Is that the server of the code?") from None
    if fingerprint(certificate) != pinned:
        raise CannotStart(
            f"{url} shows another certificate authority than the code names. Somebody may be on the way between: "
            "nothing was sent. Make a new code; if it happens again, tell the operator."
        )
    return certificate.public_bytes(Encoding.PEM)


def _believing(authority: bytes) -> ssl.SSLContext:
    """This authority and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=authority.decode())
    return context


def _not_reached(url: str, trouble: httpx.HTTPError) -> str:
    return f"{url} could not be reached safely ({type(trouble).__name__}). Check network, address and clock."
