"""Accounts of staff: the first one, proving oneself, a new password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from admin.db.session import reading, writing
from admin.db.tables.accounts import Account
from admin.security.audit import Act, record
from admin.security.permissions import Role
from admin.security.principals import Principal, PrincipalKind, process
from admin.security.scope import Scope
from admin.web import passwords
from admin.web.limits import Limit, forgive, try_once

FIRST_LOGIN: Final = "admin"
BY_LOGIN: Final = Limit("login", 5, timedelta(minutes=15))
BY_ADDRESS: Final = Limit("login-address", 30, timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody typed, and where they sit."""

    login: str
    password: str
    address: str


class Limited:
    """Too many tries: say so, and do not check the password."""


class WrongPassword:
    """Unknown, disabled or wrong: one answer for all three."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A member of staff who does not log in yet. Without a place the scope is everywhere."""

    login: str
    name: str
    role: Role
    place_id: int | None = None


class LoginTaken:
    """There is an account of that name."""


def ensure_first_admin(session: Session, now: datetime) -> str | None:
    """Makes the manager `admin` where there is no account; its one-time password is returned this once."""
    if session.scalar(select(func.count()).select_from(Account)):
        return None
    made = add_account(session, process("web"), NewAccount(FIRST_LOGIN, "管理员", Role.MANAGER), now)
    return None if isinstance(made, LoginTaken) else made


def add_account(session: Session, by: Principal, new: NewAccount, now: datetime) -> str | LoginTaken:
    """A one-time password for the new account, returned this once."""
    login = new.login.strip().lower()
    if session.scalars(select(Account.id).where(Account.login == login)).first() is not None:
        return LoginTaken()
    password = passwords.one_time()
    account = Account(
        login=login,
        name=new.name.strip(),
        password_hash=passwords.hashed(password),
        must_change=True,
        role=new.role.value,
        place_id=new.place_id,
        language=None,
        session_number=1,
        added_at=now,
    )
    session.add(account)
    session.flush()
    record(session, by, Act("account_added", f"account:{account.id}", {"role": account.role}), now)
    return password


def prove(engine: Engine, proof: Proof, now: datetime) -> Account | Limited | WrongPassword:
    """Checks a password. Its own transactions: a try counts even when it fails, and hashing holds no lock."""
    login = proof.login.strip().lower()
    with writing(engine) as session:
        allowed = try_once(session, BY_ADDRESS, proof.address, now) and try_once(
            session, BY_LOGIN, login, now
        )
    if not allowed:
        return Limited()
    with reading(engine) as session:
        account = session.scalars(select(Account).where(Account.login == login)).one_or_none()
    if account is None or account.disabled_at is not None:
        passwords.waste_time(proof.password)
        return WrongPassword()
    if len(proof.password) > passwords.LONGEST or not passwords.fits(account.password_hash, proof.password):
        return WrongPassword()
    return account


def welcome(session: Session, account: Account, proof: Proof, now: datetime) -> None:
    """After a proof that held: earlier wrong tries are forgiven, and the log-in is on record."""
    forgive(session, BY_LOGIN, account.login)
    forgive(session, BY_ADDRESS, proof.address)
    record(session, themselves(account), Act("logged_in", f"account:{account.id}"), now)


class SamePassword:
    """The password chosen is the one in use."""


def change_password(
    session: Session, account: Account, password: str, now: datetime
) -> Account | SamePassword:
    """Ends every open session of the account; returns it as it stands."""
    stored = session.get_one(Account, account.id)
    if passwords.fits(stored.password_hash, password):
        return SamePassword()
    stored.password_hash = passwords.hashed(password)
    stored.must_change = False
    stored.session_number += 1
    record(session, themselves(stored), Act("password_changed", f"account:{stored.id}"), now)
    session.flush()
    return stored


def reset_password(session: Session, login: str, now: datetime) -> str | None:
    """A one-time password for the account, shown this once; its sessions end. None where there is no such account.

    For whoever runs the server: they hold the database, so nothing more is asked of them.
    """
    stored = session.scalars(select(Account).where(Account.login == login.strip().lower())).one_or_none()
    if stored is None:
        return None
    password = passwords.one_time()
    stored.password_hash = passwords.hashed(password)
    stored.must_change = True
    stored.session_number += 1
    forgive(session, BY_LOGIN, stored.login)
    record(session, process("operator"), Act("password_reset", f"account:{stored.id}"), now)
    return password


def choose_language(session: Session, account: Account, language: str) -> None:
    session.get_one(Account, account.id).language = language


def end_all_sessions(session: Session, account: Account, now: datetime) -> None:
    """Every browser that is logged in as this account is logged out."""
    stored = session.get_one(Account, account.id)
    stored.session_number += 1
    record(session, themselves(stored), Act("sessions_ended", f"account:{stored.id}"), now)


def themselves(account: Account) -> Principal:
    """The account as the audit trail names it."""
    return Principal(PrincipalKind.ACCOUNT, str(account.id), Scope("-"), frozenset())
