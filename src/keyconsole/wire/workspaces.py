"""A workspace and the policy that holds for its keys."""

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Request, ShownName
from keyconsole.wire.fields import Days, DeadlineDays, Environments, QuietMinutes, WarningDays

__all__ = ["SettingsPatch", "Workspace", "WorkspacePatch", "WorkspaceSettings"]


class WorkspaceSettings(Answer):
    """The policy of a workspace.

    A key older than `max_key_age_days` is due for rotation, and `warning_days` before that it
    soon is; no expiry is set beyond that age. An integration may have an age of its own.
    A new key for which nobody says when it expires does so after `default_expiry_days`, or at that
    age if it is sooner; null is never.
    `environments` are the words of a label that name an environment; with `label_needs_environment`
    every new label has one of them. `rotation_*` is what a rotation begins with. The label audit
    finds by these: a key unused for `unused_for_days`, one that expires within `warning_days`, one
    beyond its age (365 days where no age is set), a label without any of the `environments`.
    """

    max_key_age_days: Count | None = None
    default_expiry_days: Count | None = None
    warning_days: Count = 14
    unused_for_days: Count = 90
    label_needs_environment: bool = False
    environments: list[ShownName] = Field(default_factory=list)
    rotation_quiet_minutes: Count = 30
    rotation_deadline_days: Count = 7
    rotation_automatic: bool = False


class Workspace(Answer):
    """A workspace that the account is a member of."""

    id: str
    name: ShownName
    settings: WorkspaceSettings


class SettingsPatch(Request):
    """The changes of the settings; fields left out stay.

    `max_key_age_days` null is no limit, `default_expiry_days` null is never.
    """

    max_key_age_days: Days | None = None
    default_expiry_days: Days | None = None
    warning_days: WarningDays | None = None
    unused_for_days: Days | None = None
    label_needs_environment: bool | None = None
    environments: Environments | None = None
    rotation_quiet_minutes: QuietMinutes | None = None
    rotation_deadline_days: DeadlineDays | None = None
    rotation_automatic: bool | None = None


class WorkspacePatch(Request):
    """The changes of a workspace."""

    settings: SettingsPatch
