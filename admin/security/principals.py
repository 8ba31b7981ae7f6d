"""One type for everyone and everything that acts: staff, residents, visitors, gates, processes."""

from dataclasses import dataclass
from enum import StrEnum

from admin.security.permissions import Permission
from admin.security.scope import Scope


class PrincipalKind(StrEnum):
    ACCOUNT = "account"
    RESIDENT = "resident"
    VISITOR = "visitor"
    GATE = "gate"
    JOIN = "join"  # a box that shows a one-time code
    PROCESS = "process"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, what they may do, and where."""

    kind: PrincipalKind
    id: str
    scope: Scope
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        return permission is Permission.PUBLIC or permission in self.permissions

    def __str__(self) -> str:
        """As the audit trail writes it: kind and id."""
        return f"{self.kind.value}:{self.id}"


NOBODY = Principal(PrincipalKind.NOBODY, "-", Scope("-"), frozenset())


def process(name: str) -> Principal:
    """One of the server's own processes, acting on everything it is there for."""
    return Principal(PrincipalKind.PROCESS, name, Scope.everywhere(), frozenset())
