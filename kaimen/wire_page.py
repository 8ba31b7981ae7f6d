"""Writes docs/mqtt.md from the payload classes, so that page and wire cannot differ."""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from pydantic import TypeAdapter

from contracts.alarm import AlarmWhat
from contracts.chain import Part, Place
from contracts.claim import ClaimAnswerV1, ClaimV1
from contracts.join import (
    Admission,
    BrokerAccount,
    JoinAnswerV1,
    JoinFault,
    JoinRequestV1,
    JoinState,
    Newcomer,
    ProvenV1,
    PublicKey,
)
from contracts.manifest import Manifest
from contracts.order import Mode, Operation, Order, OrderFault, OrderOutcome, Standing
from contracts.passage import PassageWhat, PassageWho
from contracts.picture import LARGEST_PICTURE, LARGEST_SIDE, PictureKind
from contracts.receipt import Missing, Receipt
from contracts.roster import Roster, RosterPair, RosterPass, RosterPerson, RosterPin
from contracts.roster_delta import RosterDelta, RowSplice
from contracts.state import LockV1, StageMs
from contracts.topics import TOPICS, Topic
from contracts.wire import LARGEST_MESSAGE, Wire
from contracts.words import AlarmKind, Method, Outcome, Reason

BODIES: Final[tuple[type[Wire], ...]] = (
    Part,
    Place,
    PassageWho,
    PassageWhat,
    AlarmWhat,
    StageMs,
    LockV1,
    Receipt,
    Missing,
    Manifest,
    Order,
    Standing,
)
OVER_HTTP: Final[tuple[type[Wire | RosterPerson | RosterPin], ...]] = (
    Roster,
    RosterPerson,
    RosterPair,
    RosterPin,
    RosterPass,
    RosterDelta,
    RowSplice,
    ClaimV1,
    ClaimAnswerV1,
)
JOINING: Final[tuple[type[Wire], ...]] = (
    JoinRequestV1,
    Newcomer,
    JoinAnswerV1,
    ProvenV1,
    Admission,
    BrokerAccount,
    PublicKey,
)
Schema = dict[str, Any]

HEAD: Final = f"""# The wire

Made by `kaimen wire-page` from `contracts/`; a test fails when it is not up to date. Do not edit.

Topics are `kaimen/v1/{{compound}}/{{gate}}/…`; ids are opaque ASCII. A payload is UTF-8 JSON of at
most {LARGEST_MESSAGE} bytes. Every message has `v`, its version; a newer one is refused by that name.
Readers ignore fields they do not know; within version 1 only optional fields are added. No name,
picture or template is ever sent here.

`passage` and `alarm` are links of the gate's chain: `hash` = SHA-256(`kaimen/link/v1` NUL epoch NUL seq (8 bytes,
big-endian) previous C_who C_what), and each C = SHA-256(`kaimen/part/v1` NUL salt text). The texts are the bytes that
are hashed: they are stored as received, never written anew. The first link of an epoch is the alarm `journal_opened`.

A signed message carries the exact text of its body, the signer's key id (the first 16 hexadecimal digits of the key's
SHA-256) and an Ed25519 signature over the body's class name, NUL and the text.

## Topics

| topic | way | QoS | retained | payload |
|---|---|---|---|---|
"""


def wire_page() -> str:
    """The whole page, Markdown."""
    parts = [HEAD + "\n".join(_row(topic) for topic in TOPICS) + "\n"]
    parts.append("\n## Messages\n")
    seen: set[type[Wire]] = set()
    for topic in TOPICS:
        if topic.payload not in seen:
            seen.add(topic.payload)
            parts.append(_payload(topic.payload))
    parts.append("\n## What they hold\n")
    parts += [_payload(body) for body in BODIES]
    parts.append("\n## Over HTTP(S), with the gate's own credential\n\n" + HTTP + PICTURES)
    parts += [_payload(body) for body in OVER_HTTP]
    parts.append("\n## Joining, with a one-time code\n\n" + JOIN)
    parts += [_payload(body) for body in JOINING]
    parts.append("\n## Codes\n\n" + "\n".join(_codes()) + "\n")
    return "\n".join(parts)


HTTP: Final = """`GET /gate/v1/{gate}/roster/{version}` answers the roster sealed to the gate's key: 4 bytes length, the
JSON head below, then the templates as little-endian float32 rows; an interrupted answer is continued by Range and
If-Range. `GET /gate/v1/{gate}/roster/after/{digest}` answers the step from the roster with that SHA-256 to the next
one, sealed likewise: 4 bytes length, a RosterDelta, then the rows it puts in; 404 where there is none.
`POST /gate/v1/{gate}/claims` takes a ClaimV1 and answers a ClaimAnswerV1.
"""

KINDS: Final = " or ".join(f"`{kind}`" for kind in PictureKind)
PICTURES: Final = f"""
`POST /gate/v1/{{gate}}/pictures/{{kind}}/{{id}}` takes one plain JPEG of at most {LARGEST_PICTURE:,} bytes and
{LARGEST_SIDE} pixels a side. The kind is {KINDS}, the id that of the order or of the refused passage. It answers
201, or says why it was not taken: 400 `not_a_picture`, 403 `not_kept`, 404 `not_there`, 409 `twice`, 410 `too_late`.
"""

JOIN: Final = """`GET /gate/v1/ca` answers the authority's certificate (PEM), which the box compares with the code
before it sends anything. `POST /gate/v1/join` takes a JoinRequestV1 and answers a JoinAnswerV1; the same bytes sent
again ask how far the request has come. A proof is HMAC-SHA256(SHA-256(`kaimen/join/key/v1` NUL secret), `kaimen/`
class name NUL text); a code is looked up by the first 16 bytes of SHA-256(`kaimen/join/code/v1` NUL secret).
"""


def _row(topic: Topic) -> str:
    payload = f"{topic.payload.__name__} ({topic.signed})" if topic.signed else topic.payload.__name__
    return (
        f"| `{topic.pattern}` | {topic.way} | {topic.qos} | {'yes' if topic.retain else 'no'} | {payload} |"
    )


def _payload(kind: type[Wire | RosterPerson | RosterPin]) -> str:
    schema = TypeAdapter(kind).json_schema()
    required = set(cast(list[str], schema.get("required", [])))
    properties = cast(dict[str, Schema], schema.get("properties", {}))
    rows = [
        f"| `{name}` | {_type(field)} | {'yes' if name in required else 'no'} |"
        for name, field in properties.items()
    ]
    says = " ".join((kind.__doc__ or "").split())
    return (
        f"### {kind.__name__}\n\n{says}\n\n| field | type | required |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _type(field: Schema) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    for choice in ("anyOf", "allOf"):
        if choice in field:
            return " or ".join(
                _type(one) for one in cast(list[Schema], field[choice]) if one.get("type") != "null"
            )
    name = str(field.get("format") or field.get("type") or "any")
    if name == "array":
        return f"list of {_type(cast(Schema, field.get('items', {})))}"
    limits = [
        f"{sign} {json.dumps(field[key])}"
        for key, sign in (("minimum", "≥"), ("maximum", "≤"), ("maxLength", "at most"))
        if key in field
    ]
    return f"{name} ({', '.join(limits)})" if limits else name


def _codes() -> Iterator[str]:
    for codes in (
        Outcome,
        Method,
        Reason,
        AlarmKind,
        Operation,
        Mode,
        OrderOutcome,
        OrderFault,
        JoinState,
        JoinFault,
    ):
        yield f"- **{codes.__name__}**: " + ", ".join(f"`{code.value}`" for code in codes)
