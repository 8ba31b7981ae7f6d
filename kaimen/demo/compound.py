"""A plausible compound to look at: places, households and people. Names are invented; nobody's real data is here."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.db.jobs import JobKind, NewJob, Queue, put
from admin.db.tables import Compound, Consent, ConsentText, Grid, Household, Membership, Person, Place
from admin.db.tables.places import PlaceKind
from contracts.ids import CompoundId, PersonId
from kaimen.places import add_building, add_place

WIRE_ID: Final = CompoundId("xingtan")
MOVED_IN: Final = timedelta(days=400)
ENROLLED_NAME: Final = "周明远"
ENROLLED_ROOM: Final = "3-2-1201"

_CHINESE: Final = (
    "王秀兰 李建国 张丽华 刘志强 陈桂英 杨海涛 赵文静 黄永胜 周晓燕 吴俊杰 徐凤霞 孙立新 马晓东 朱玉梅 "
    "胡雪松 郭春梅 何志远 高建平 林淑芬 罗国庆 郑红霞 梁子轩 谢婉婷 宋德海 唐慧敏 许嘉怡 韩金龙 冯雅琴 "
    "邓少华 曹雨桐 彭振宇 曾丽萍 肖文博 田秀英 董浩然 潘月娥 袁家豪 蔡晓岚 蒋思源 余静怡 杜宏伟 叶诗涵 "
    "程玉兰 魏子涵 苏明哲 吕彩云 丁一鸣 任红梅 单雨晴 欧阳娜娜 古丽娜尔·买买提"
)
_NAMES: Final = (*_CHINESE.split(), "Bartholomew Featherstonehaugh")
BUILDINGS: Final = (1, 2, 3)
_ROOMS: Final = tuple(
    f"{building}-{unit}-{floor}{flat:02d}"
    for building in BUILDINGS
    for unit in (1, 2)
    for floor, flat in ((1, 1), (3, 2), (6, 1), (12, 1))
)


@dataclass(frozen=True, slots=True)
class DemonstrationCompound:
    """What the start-up needs to know of what it made."""

    compound_id: int
    enrolled: UUID


def find(session: Session) -> DemonstrationCompound | None:
    """The demonstration compound of an earlier start."""
    compound = session.scalars(select(Compound).where(Compound.wire_id == WIRE_ID)).one_or_none()
    if compound is None:
        return None
    person = session.scalars(
        select(Person.id).where(Person.compound_id == compound.place_id, Person.name == ENROLLED_NAME)
    ).one()
    return DemonstrationCompound(compound.place_id, person)


def make(session: Session, now: datetime) -> DemonstrationCompound:
    """Street, community, compound, three buildings with two units each, households, and who lives there."""
    compound = _places(session)
    homes = _households(session, compound)
    for name, home in zip(_NAMES, cycle(home for home in homes if home.room != ENROLLED_ROOM), strict=False):
        _person(session, compound, name, home, now)
    enrolled = _person(session, compound, ENROLLED_NAME, _home(homes, ENROLLED_ROOM), now)
    _agree(session, enrolled, now)
    return DemonstrationCompound(compound.id, enrolled.id)


def _places(session: Session) -> Place:
    street = add_place(session, None, PlaceKind.STREET, ("济宁市示范街道", "Demonstration Street, Jining"))
    community = add_place(session, street, PlaceKind.COMMUNITY, ("杏坛社区", "Xingtan Community"))
    compound = add_place(session, community, PlaceKind.COMPOUND, ("杏坛花园", "Xingtan Garden"))
    session.add(
        Compound(
            place_id=compound.id,
            wire_id=WIRE_ID,
            operator_zh="红色物业示范服务中心",
            operator_en="Red Property demonstration service centre",
            phone="0537-0000000",
            demonstration=True,
        )
    )
    session.add(Grid(community_id=community.id, name_zh="杏坛一网格", name_en="Xingtan Grid 1"))
    session.flush()
    return compound


def _households(session: Session, compound: Place) -> list[Household]:
    grid = session.scalars(select(Grid)).first()
    units: dict[str, Place] = {}
    for number in BUILDINGS:
        units |= add_building(session, compound, number)
    homes = [
        Household(unit_id=units[room.rsplit("-", 1)[0]].id, grid_id=grid.id if grid else None, room=room)
        for room in _ROOMS
    ]
    session.add_all(homes)
    session.flush()
    return homes


def _home(homes: list[Household], room: str) -> Household:
    return next(home for home in homes if home.room == room)


def _person(session: Session, compound: Place, name: str, home: Household, now: datetime) -> Person:
    person = Person(
        compound_id=compound.id,
        wire_id=PersonId.random(),
        vault_id=secrets.token_hex(16),
        name=name,
        added_at=now,
    )
    session.add(person)
    session.flush()
    taken = session.scalars(select(Membership.id).where(Membership.household_id == home.id)).first()
    session.add(
        Membership(
            person_id=person.id,
            household_id=home.id,
            role="family" if taken else "owner",
            since=now - MOVED_IN,
        )
    )
    put(session, NewJob(Queue.WORKER, JobKind.WRITE_PINYIN, f"person:{person.id}"), "process:up", now)
    return person


def _agree(session: Session, person: Person, now: datetime) -> None:
    """The demonstration resident's consents: to the face, and to the copy kept by the service centre."""
    for kind in ("face", "central"):
        text = session.scalars(
            select(ConsentText).where(ConsentText.kind == kind).order_by(ConsentText.text_version.desc())
        ).first()
        if text is not None:
            session.add(
                Consent(person_id=person.id, kind=kind, text_id=text.id, agreed=True, at=now, channel="desk")
            )
    session.flush()
