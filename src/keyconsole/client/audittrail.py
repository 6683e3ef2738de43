"""The check of an audit log: its chain, as the service follows it, and checkpoints kept here.

Only the service can follow the chain, which is keyed. A tail that was cut off, or a log written
anew by somebody with the key, follows as well as any: that shows against a checkpoint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from keyconsole.client.keyservice import KeyServiceClient
from keyconsole.core.errors import KeyconsoleError
from keyconsole.wire import AuditCheckpoint, rfc3339

PAGE = 500


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a check. `first_broken`, `cut` and `rewritten` are the faults, if any."""

    workspace_id: str
    events: int
    head: str
    checkpoints: int = 0
    first_broken: int | None = None
    cut: AuditCheckpoint | None = None
    rewritten: AuditCheckpoint | None = None
    newest: AuditCheckpoint | None = None

    @property
    def is_whole(self) -> bool:
        """True if nothing is wrong."""
        return self.first_broken is None and self.cut is None and self.rewritten is None

    @property
    def sentence(self) -> str:
        """The verdict for a person."""
        if self.first_broken is not None:
            return (
                f"The audit log was changed: event {self.first_broken:,} does not follow from the "
                f"one before it. The {self.events:,} before it are as they were written."
            )
        if self.cut is not None:
            return (
                f"The audit log was cut off: at {rfc3339(self.cut.at)} it had {self.cut.count:,} "
                f"events, and now there are {self.events:,}."
            )
        if self.rewritten is not None:
            return (
                f"The audit log was written anew: event {self.rewritten.count:,} is not the one "
                f"that it was at {rfc3339(self.rewritten.at)}. {self._agreement()}"
            )
        whole = f"The audit log is whole: its {self.events:,} events follow from one another"
        if self.newest is None:
            return (
                f"{whole}. Whether any were cut off at the end, or all written anew, only "
                "checkpoints kept elsewhere can show."
            )
        return f"{whole}, and it agrees with {_many(self.checkpoints)}. {self._agreement()}"

    def _agreement(self) -> str:
        if self.newest is None:
            return "It agrees with no checkpoint."
        at, count = rfc3339(self.newest.at), self.newest.count
        return f"The newest that it agrees with is of {at}, after {count:,} events."


def read_checkpoints(text: str, workspace_id: str) -> list[AuditCheckpoint]:
    """Returns the checkpoints of a workspace in JSON Lines, each once.

    A last line without its end was being written, and is left out. Raises `KeyconsoleError`.
    """
    lines = text.split("\n")
    found: dict[tuple[int, str], AuditCheckpoint] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            checkpoint = AuditCheckpoint.model_validate_json(line)
        except ValidationError:
            if number == len(lines):
                continue
            raise KeyconsoleError(f"Line {number} is not a checkpoint.") from None
        if checkpoint.workspace_id == workspace_id:
            found.setdefault((checkpoint.count, checkpoint.head), checkpoint)
    if not found:
        raise KeyconsoleError(f"There is no checkpoint of the workspace {workspace_id} in it.")
    return list(found.values())


async def prove(
    client: KeyServiceClient, workspace_id: str, checkpoints: Sequence[AuditCheckpoint] = ()
) -> Proof:
    """Has the chain followed, and compares it with the checkpoints; a page in memory at a time."""
    chain = await client.audit_verification(workspace_id)
    heads = await _heads(client, workspace_id, {each.count for each in checkpoints} - {0})
    cut: AuditCheckpoint | None = None
    rewritten: AuditCheckpoint | None = None
    newest: AuditCheckpoint | None = None
    for each in sorted(checkpoints, key=lambda each: each.count):
        head = heads.get(each.count) if each.count else ""
        if head == each.head:
            newest = each
        elif head is None:
            cut = cut or each
        else:
            rewritten = rewritten or each
    return Proof(
        workspace_id=workspace_id,
        events=chain.verified,
        head=chain.head,
        checkpoints=len(checkpoints),
        first_broken=chain.first_broken,
        cut=cut,
        rewritten=rewritten,
        newest=newest,
    )


async def _heads(
    client: KeyServiceClient, workspace_id: str, wanted: Iterable[int]
) -> dict[int, str]:
    """Returns the hashes of these events, as far as they exist, read from the newest on."""
    missing, found = set(wanted), dict[int, str]()
    cursor: str | None = None
    while missing:
        page = await client.audit(workspace=workspace_id, cursor=cursor, limit=PAGE)
        found |= {each.sequence: each.hash for each in page.items if each.sequence in missing}
        missing -= found.keys()
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def _many(count: int) -> str:
    return "one checkpoint" if count == 1 else f"{count:,} checkpoints"
