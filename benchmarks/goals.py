"""What the figures are held to, by section; `make bench-NAME` measures one of them."""

from dataclasses import dataclass

RIVAL = "djangorestframework-api-key"
FOREIGN = ("smallest app", "toolong", "harlequin", "import", "skeleton", RIVAL)
"""What is not ours, by a part of the names of its figures: only the machine makes it uneven."""


@dataclass(frozen=True)
class Goal:
    """A figure, what it is divided by, and the bound of the ratio.

    Without `against` the figure itself has to keep to the bound. Its unit is `s`, `req/s`, `MB`,
    `bytes` or `%`; a figure in `req/s` is better the higher it is.
    """

    what: str
    measured: str
    bound: float
    against: str = ""
    unit: str = "s"
    is_least: bool = False

    def is_reached_by(self, value: float) -> bool:
        """Whether this ratio, or figure, is within the bound."""
        return value >= self.bound if self.is_least else value <= self.bound


@dataclass(frozen=True)
class Section:
    """The goals of one command."""

    about: str
    rounds: int
    goals: tuple[Goal, ...]


def _verified(what: str, measured: str, bound: float, against: str) -> Goal:
    return Goal(what, measured, bound, against, "req/s", is_least=True)


def _searched(database: str) -> tuple[Goal, ...]:
    return (
        Goal(f"any text, {database}, p99 of the slowest", f"texts, {database}", 0.05),
        Goal(f"any filter, {database}, p99 of the slowest", f"filters, {database}", 0.05),
        Goal(f"any order, {database}, p99 of the slowest", f"orders, {database}", 0.1),
        Goal(f"a revoke meanwhile, {database}, p99", f"revokes, {database}", 0.1),
    )


SECTIONS = {
    "console": Section(
        "The console on a terminal of 120×40, beside the smallest Textual app that has a DataTable "
        "of 100 rows, toolong on a log of as many lines, and harlequin on a database.",
        5,
        (
            Goal("first frame, remote", "frame, remote", 1.0, "smallest app"),
            Goal("first frame, service unreachable", "frame, unreachable", 1.0, "smallest app"),
            Goal("first frame, embedded service", "frame, embedded", 1.0, "smallest app"),
            Goal("rows on screen, 100 keys", "rows, 100", 1.0, "toolong, 100"),
            Goal("rows on screen, many keys", "rows, many", 1.0, "toolong, many"),
            Goal("rows on screen, many keys of 100", "rows, many", 1.15, "rows, 100"),
            Goal("rows on screen, embedded service", "rows, embedded", 0.7, "harlequin"),
            Goal("memory, 100 keys", "memory, 100", 1.6, "smallest app, memory", "MB"),
            Goal("memory, many keys", "memory, many", 1.6, "smallest app, memory", "MB"),
            Goal("memory, many keys of 100", "memory, many", 1.1, "memory, 100", "MB"),
            Goal("memory, embedded service", "memory, embedded", 1.0, "harlequin, memory", "MB"),
            Goal(
                "memory after paging through 20,000 rows, of before",
                "memory, after",
                1.3,
                "memory, before",
                "MB",
            ),
            Goal("a key press in the list, 100 keys", "press, 100", 0.6, "smallest app, press"),
            Goal("a key press in the list, many keys", "press, many", 0.6, "smallest app, press"),
            Goal(
                "bytes a key press, 100 keys",
                "bytes a press, 100",
                0.5,
                "smallest app, bytes a press",
                "bytes",
            ),
            Goal(
                "bytes a key press, many keys",
                "bytes a press, many",
                0.5,
                "smallest app, bytes a press",
                "bytes",
            ),
            Goal("bytes at start", "bytes at start", 0.5, "smallest app, bytes at start", "bytes"),
            Goal("CPU of a console that nobody touches", "idle", 0.5, unit="%"),
        ),
    ),
    "commands": Section(
        "A command from its start to its end, beside a Python that imports what it cannot do "
        "without.",
        15,
        (Goal("keys list --json of 100 keys", "keys list", 1.2, "import httpx, pydantic, click"),),
    ),
    "management": Section(
        f"One call of the management API after another, beside {RIVAL} with NORMAL commits. What "
        "is called CPU in process is the CPU time of a request within the process of the service, "
        "without HTTP.",
        5,
        (
            Goal("create, FULL commit, audited", "create", 0.5, f"create, {RIVAL}"),
            Goal("list page of 100", "page", 0.3, f"page, {RIVAL}"),
            Goal("list page of 100, many keys of 1,000", "page", 1.2, "page, 1,000 keys"),
            Goal("CPU in process of GET /v1/me", "GET /v1/me", 0.0006),
            Goal("CPU in process of a search that finds nothing", "empty search", 0.001),
            Goal("CPU in process of a create", "create, in process", 0.0015),
        ),
    ),
    "verification": Section(
        "Verification on 16 connections, beside the least that it can be (uvicorn, a bare ASGI "
        f"function, a hash, one read, a compare) and beside {RIVAL}.",
        7,
        (
            _verified("SQLite, full contract", "SQLite", 0.85, "skeleton"),
            _verified("SQLite, many keys of 1,000", "SQLite", 0.9, "SQLite, 1,000 keys"),
            _verified("a bad checksum of a good key", "bad checksum", 1.2, "without limits"),
            _verified("PostgreSQL, full contract", "PostgreSQL", 0.85, "PostgreSQL skeleton"),
            _verified("PostgreSQL, two processes of one", "PostgreSQL, two", 1.0, "PostgreSQL"),
            Goal(
                "PostgreSQL, two processes of one, CPU a request",
                "CPU, PostgreSQL, two",
                1.05,
                "CPU, PostgreSQL",
            ),
            _verified("SQLite, of the rival", "SQLite", 30, RIVAL),
            _verified("PostgreSQL, of the rival", "PostgreSQL", 30, f"{RIVAL}, PostgreSQL"),
            Goal("p99 of p50 at half the most load", "p99", 5, "p50"),
        ),
    ),
    "search": Section(
        "The slowest lists of keys that can be asked for, by text, filter and order, while "
        "somebody in another workspace revokes one key after another.",
        2,
        (*_searched("SQLite"), *_searched("PostgreSQL")),
    ),
    "bulk": Section(
        "One action that revokes 20,000 keys on SQLite, with FULL commits, while single revokes "
        "come in.",
        3,
        (
            Goal("bulk revoke of 20,000 keys", "bulk revoke", 5),
            Goal("a single revoke meanwhile", "single revoke", 0.1),
            Goal("the slowest single revoke meanwhile", "slowest single revoke", 0.1),
        ),
    ),
}
