"""The owner of a key: a member of its workspace, a team, or whoever made it."""

from collections.abc import Collection
from typing import NamedTuple

from keyconsole.core import accounts, safetext
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store import members
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import OwnerRequest


class Owner(NamedTuple):
    """An owner as it is stored; None for both is whoever made the key."""

    name: str | None = None
    skeleton: str | None = None

    @property
    def columns(self) -> dict[str, str | None]:
        """The columns of a key."""
        return {"owner": self.name, "owner_skeleton": self.skeleton}

    @classmethod
    def of(cls, name: str, maker: str) -> "Owner":
        """Returns the owner with this name of a key that somebody made."""
        if name == maker:
            return CREATOR
        return cls(name, name if "@" in name else safetext.skeleton(name))


CREATOR = Owner()


async def checked(
    tx: Connection,
    errors: FieldErrors,
    asked: OwnerRequest | None,
    workspace_id: str,
    maker: str,
) -> Owner:
    """Returns the owner that is asked for; None is whoever makes or made the key.

    An account is a member of the workspace, and so is an address; every other name is a team's.
    """
    if asked is None:
        return CREATOR
    if asked.account_id is None:
        name = errors.name("owner.name", asked.name, "The name of an owner")
        if "@" not in name:
            return Owner.of(name, maker)
        name = accounts.account_address(name)
        if await members.is_member(tx, name, workspace_id):
            return Owner.of(name, maker)
        errors.add("owner.name", "not-a-member", f"{name} is no member here.")
        return CREATOR
    found = [each for each in await members.find(tx, asked.account_id, [workspace_id])
             if not each.pending]  # fmt: skip
    if not found:
        errors.add("owner.account_id", "not-a-member", "No member here has this id.")
        return CREATOR
    email = found[0].email
    if asked.name is not None and safetext.normalize(asked.name) != email:
        errors.add("owner.name", "other-account", f"The account with this id is {email}.")
    return Owner.of(email, maker)


def is_here(key: KeyRecord, members: Collection[str]) -> bool:
    """Returns true for a key of a team, or of an account among the addresses of all members."""
    is_team = key.owner is not None and "@" not in key.owner
    return is_team or key.owned_by in members
