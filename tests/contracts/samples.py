"""The samples as tests read them."""

import json
from base64 import b64decode
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.alarm import AlarmV1
from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.ids import KeyId
from contracts.join import JoinAnswerV1, JoinRequestV1, ProvenV1
from contracts.manifest import HaveV1
from contracts.order import ResultV1
from contracts.passage import PassageV1
from contracts.roster import Roster
from contracts.signing import SignedV1, TrustedKeys
from contracts.state import HealthV1, StateV1
from contracts.wire import Message

FOLDER = Path(__file__).parents[2] / "contracts" / "samples"

PAYLOADS: dict[str, type[Message]] = {
    "alarm-exit.v1": AlarmV1,
    "alarm-gone.v1": AlarmV1,
    "alarm.v1": AlarmV1,
    "claim-answer.v1": ClaimAnswerV1,
    "claim.v1": ClaimV1,
    "have.v1": HaveV1,
    "health.v1": HealthV1,
    "join-answer.v1": JoinAnswerV1,
    "join-proven.v1": ProvenV1,
    "join-request.v1": JoinRequestV1,
    "order.v1": SignedV1,
    "passage-counted.v1": PassageV1,
    "passage-erased.v1": PassageV1,
    "passage-refused.v1": PassageV1,
    "passage-unrecorded.v1": PassageV1,
    "passage.v1": PassageV1,
    "receipt.v1": SignedV1,
    "result.v1": ResultV1,
    "roster-confusable.v1": Roster,
    "roster.v1": Roster,
    "standing.v1": SignedV1,
    "state.v1": StateV1,
    "want.v1": SignedV1,
}


def sample(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def keys(purpose: str) -> TrustedKeys:
    """The public halves of the throw-away keys: receipt, manifest, order or pass."""
    table = cast(dict[str, dict[str, str]], json.loads(sample("keys")))[purpose]
    return {KeyId(name): Ed25519PublicKey.from_public_bytes(b64decode(key)) for name, key in table.items()}
