"""The members of the sample workspace, past ones too. Ages are days before now."""

from dataclasses import dataclass

from keyconsole.wire import Role

ANA = "ana@acme.example"
"""The account that is signed in."""

FOUNDED = 1_100.0
"""The age of the workspace in days."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account. `left` is when they went, for those who are gone."""

    email: str
    name: str
    role: Role
    joined: float
    left: float | None = None
    made: int = 0
    """Their share of the keys that are made."""

    def present(self, days: float) -> bool:
        """Returns whether they were a member so many days ago, first and last day left out."""
        return self.joined - 1 > days and (self.left is None or days > self.left + 1)


PEOPLE = (
    Person(ANA, "Ana Duarte", Role.ADMIN, FOUNDED, None, 3),
    Person("ops@acme.example", "Operations", Role.OPERATOR, 1_098, None, 9),
    Person("ci@acme.example", "Continuous integration", Role.OPERATOR, 1_090, None, 6),
    Person("tomas@acme.example", "Tomás Vidal", Role.OPERATOR, 1_096, 650, 5),
    Person("bruno@acme.example", "Bruno Keller", Role.OPERATOR, 1_040, 250, 6),
    Person("support@acme.example", "Support", Role.OPERATOR, 980, None, 4),
    Person("mei@acme.example", "Mei Tanaka", Role.OPERATOR, 760, 130, 6),
    Person("dara@acme.example", "Dara Okafor", Role.OPERATOR, 640, None, 6),
    Person("noor@acme.example", "Noor Haddad", Role.RESPONDER, 600),
    Person("lena@acme.example", "Lena Fischer", Role.OPERATOR, 330, None, 5),
    Person("kofi@acme.example", "Kofi Mensah", Role.VIEWER, 90),
)


def address(name: str) -> str:
    """The account of a name: `ops` is `ops@acme.example`."""
    return f"{name}@acme.example"
