"""The actions of lists, pages and filter lines."""

from typing import Any

from keyconsole.console.actions.registry import (
    LISTED,
    ON_KEYS,
    TABS,
    Definition,
    OnKey,
    OnRow,
    Scope,
)

# fmt: off


# Lists and pages


class Open(OnRow, key="enter", word="open", on=(Scope.INTEGRATIONS, Scope.ATTENTION, *LISTED),
           weight=8):
    """Open what is under the cursor."""


class OpenKey(OnRow, key="enter", word="open key", on=(Scope.ACTIVITY, Scope.AUDIT, Scope.WATCH),
              weight=8):
    """Open what this line is about."""


class AddIntegration(Definition, means="new", word="add", on=Scope.INTEGRATIONS,
                     needs="integrations:write", weight=7):
    """Add an integration."""


class EditIntegration(Definition, means="edit", word="edit", on=Scope.OVERVIEW,
                      needs="integrations:write", weight=7):
    """Change the fields of this integration."""


class ToggleIntegration(Definition, means="disable", word="disable", on=Scope.OVERVIEW,
                        needs="integrations:write"):
    """Disable or enable this integration: the keys of a disabled one get 401."""


class Generate(Definition, means="new", was="g", word="generate", on=TABS, needs="keys:create",
               weight=7):
    """Generate an API key for this integration."""


class RevokeKey(OnKey, name="revoke", means="revoke", word="revoke", on=ON_KEYS,
                needs="keys:revoke", weight=8):
    """Revoke the key for ever, after a question."""


class RotateKey(OnKey, name="rotate", means="rotate", word="rotate", on=ON_KEYS,
                needs="keys:create", weight=6):
    """Replace the key without a gap: both work until the old one is no longer used."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        if state is not None and state.status in ("revoked", "expired"):
            return f"It is {state.status}: nobody uses it. Generate another one."
        return super().disabled_reason(state)


class ReceiptKey(OnKey, name="receipt", means="receipt", word="receipt", on=ON_KEYS,
                 needs="audit:read", weight=8):
    """Show the receipt of a revoked key again."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        if state is not None and state.status != "revoked":
            return ""
        return super().disabled_reason(state)


class Quarantine(OnKey, means="disable", word="disable", on=ON_KEYS,
                 needs="keys:revoke", weight=6):
    """Disable the key, or enable a disabled one."""

    if_revoked = ""


class QuarantineFound(Definition, name="quarantine", means="disable", word="disable",
                      on=Scope.IDENTIFY, needs="keys:revoke", weight=6):
    """Disable the key, or enable a disabled one."""


class FilterIntegrations(Definition, name="filter", means="filter", word="filter",
                         on=Scope.INTEGRATIONS, weight=6):
    """Show only what has this text in its name; ^f finds keys."""


class FilterKeys(Definition, name="filter", means="filter", word="filter", on=Scope.KEYS, weight=6):
    """Show only what matches: text, status:revoked, unused:90d, by:ops, due:rotation."""


class FilterAudit(Definition, name="filter", means="filter", word="filter", on=Scope.AUDIT,
                  weight=6):
    """Show only what matches: text, by:ops, what:revoked, on:kcp_…, since:7d."""


class FilterFind(Definition, name="filter", means="filter", word="type", on=Scope.FIND, weight=6):
    """Go back to what is typed."""


class Review(OnRow, means="rest", word="reviewed", on=Scope.LABELS, needs="keys:write",
             weight=7):
    """Say that a key, or every marked one, is all right as it is: it rests until a day."""


class DismissItem(OnRow, means="rest", word="dismiss", on=Scope.ATTENTION, needs="keys:write",
                  weight=7):
    """Dismiss the item for everybody until a day, or until it gets worse."""


class OnItem(OnRow):
    """An action on the key of an item of attention."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        if state is not None and state.public_key is None:
            return "It is about several keys: Enter lists them."
        return super().disabled_reason(state)


class RevokeItem(OnItem, name="revoke", means="revoke", word="revoke", on=Scope.ATTENTION,
                 needs="keys:revoke", weight=7):
    """Revoke the key that it is about: at once and for ever, after a question."""


class QuarantineItem(OnItem, name="quarantine", means="disable", word="disable",
                     on=Scope.ATTENTION, needs="keys:revoke", weight=6):
    """Disable the key that it is about, for a time or for good; or let it work again."""


class AddressesItem(OnItem, name="addresses", means="addresses", word="addresses",
                    on=Scope.ATTENTION, needs="keys:revoke", weight=5):
    """Change from where the key that it is about may be used."""


class ShowDismissed(Definition, means="dismissed", word="dismissed", on=Scope.ATTENTION, weight=6):
    """Show dismissed items too, or hide them."""


class Kind(Definition, means="kind", was="f", word="kind", on=Scope.LABELS, weight=6):
    """Choose which kind of finding is shown, by how many keys have each."""


class TakeKind(Definition, name="take", key="enter", word="show", on=Scope.KINDS, weight=8):
    """Show what is under the cursor."""


class CloseKinds(Definition, name="close", key="escape", word="as it was", on=Scope.KINDS,
                 weight=9):
    """Show what was shown."""


class Follow(Definition, means="follow", word="follow", on=Scope.AUDIT, weight=7):
    """Show events as they happen, or stop."""


class When(Definition, means="when", word="exact times", on=(Scope.AUDIT, Scope.ACTIVITY),
           weight=4):
    """Show when exactly something happened, in UTC, or how long ago."""


class Verify(Definition, means="verify", was="v", word="verify", on=Scope.AUDIT, needs="audit:read",
             weight=7):
    """Follow the log from its first event: is it whole?"""


class SaveList(Definition, means="save", word="save as", on=(
        *(Scope.INTEGRATIONS, Scope.KEYS, Scope.ACTIVITY, Scope.FIND, Scope.ATTENTION),
        *(Scope.ROTATIONS, Scope.REPORT, Scope.MEMBERS, Scope.TOKENS, Scope.INVITATIONS),
        ), weight=0):
    """Write what is listed to a CSV or JSON file."""


class _SaveListMoved(Definition, name="save_list", means="save", was="E", word="save as",
                     on=(Scope.WATCH, Scope.LABELS, Scope.AUDIT)):
    """Write what is listed to a CSV or JSON file."""


class SaveSources(Definition, name="save_list", means="save", word="save sources", on=Scope.KEY,
                  weight=0):
    """Write from where and with what the key is used to a CSV or JSON file."""


class Rename(OnKey, means="edit", word="rename", on=ON_KEYS, needs="keys:write", weight=4):
    """Change the name of the key."""

    if_revoked = "A revoked key keeps its label."


class Expiry(OnKey, means="ends", word="expiry", on=(Scope.KEYS, Scope.KEY, Scope.FIND),
             needs="keys:write", weight=3):
    """Change when the key expires."""

    if_revoked = "A revoked key stays revoked."


class Addresses(OnKey, means="addresses", word="addresses", on=ON_KEYS, needs="keys:revoke",
                weight=2):
    """Change from where the key may be used."""

    if_revoked = "A revoked key is used from nowhere."


class Tags(OnKey, means="tags", word="tags", on=ON_KEYS, needs="keys:write", weight=2):
    """Change the tags of the key."""

    if_revoked = "A revoked key keeps its tags."


class Scopes(OnKey, means="scopes", word="scopes", on=ON_KEYS, needs="keys:revoke", weight=2):
    """Change what the key may be used for."""

    if_revoked = "A revoked key is used for nothing."


class Limits(OnKey, means="limits", word="limits", on=ON_KEYS, needs="keys:revoke", weight=2):
    """Change how often the key may be used."""

    if_revoked = "A revoked key is never used."


class CopyPublicKeys(OnKey, name="copy_public", means="copy_public", word="copy public key",
                     on=ON_KEYS, weight=3):
    """Copy the public key, which is safe to share."""


class Mark(Definition, key="space", word="mark", on=LISTED, needs="keys:revoke", weight=3):
    """Mark the key, and go on to the next."""


class Owner(OnKey, means="owner", word="owner", on=ON_KEYS, needs="keys:write", weight=2):
    """Change the owner of the key or of marked ones."""

    if_revoked = "A revoked key keeps its owner."


class MarkAll(Definition, means="mark_all", word="mark all", on=LISTED, needs="keys:revoke",
              weight=1):
    """Mark every key that is shown, or none."""


class RevokeManyKeys(Definition, name="revoke_many", means="revoke_many", word="revoke many",
                     on=LISTED, needs="keys:revoke", weight=2):
    """Revoke the marked keys; with none marked, those of a query."""


class RevokeManyIdentify(Definition, name="revoke_many", means="revoke_many", word="revoke all",
                         on=Scope.IDENTIFY, needs="keys:revoke", weight=6):
    """Revoke every key that was found and is one of ours."""


class Sort(Definition, means="order", word="order", on=(Scope.KEYS, Scope.FIND), weight=3):
    """Sort by another column."""


class Tab1(Definition, name="tab('overview')", means="first_part", sign="1 2 3", word="Overview",
           on=TABS, weight=0):
    """Overview, API Keys, Activity; [ and ] step through them."""


class _Tab2(Definition, name="tab('api-keys')", means="second_part", word="API Keys", on=TABS,
            weight=0):
    pass


class _Tab3(Definition, name="tab('activity')", means="third_part", word="Activity", on=TABS,
            weight=0):
    pass


class _NextTab(Definition, name="next_tab(1)", means="next_part", key="right", word="next tab",
               on=TABS, weight=0):
    pass


class _TabBefore(Definition, name="next_tab(-1)", means="part_before", key="left",
                 word="tab before", on=TABS, weight=0):
    pass


class OpenCounted(OnRow, key="enter", word="its keys", on=Scope.REPORT, weight=8):
    """Open the keys of the integration."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        if state is not None and state.integration_id is None:
            return "These keys are of several integrations: find looks for them."
        return super().disabled_reason(state)


class KeyUse(OnKey, means="use", word="use", on=Scope.KEY, needs="keys:read"):
    """Show the use of the key over time."""


class KeyUseListed(OnKey, name="key_use", means="use", word="use", on=LISTED, needs="keys:read",
                   weight=0):
    """Show the use of the key over time."""


class IntegrationUse(Definition, means="use", word="use", on=Scope.OVERVIEW, needs="keys:read"):
    """Show the use of the integration over time."""


class IntegrationUseListed(Definition, name="integration_use", means="use", word="use",
                           on=(Scope.INTEGRATIONS, Scope.ACTIVITY), needs="keys:read", weight=0):
    """Show the use of the integration over time."""


class OpenUse(OnRow, key="enter", word="its use", on=Scope.USE, weight=8):
    """Show the use of what is under the cursor."""


class NextRange(Definition, name="next_part(1)", means="next_part", key="right", word="range",
                on=Scope.USE, weight=8):
    """Show another range: 24 hours, 7, 30 or 90 days; [ goes back."""


class _RangeBefore(Definition, name="next_part(-1)", means="part_before", key="left",
                   word="range before", on=Scope.USE, weight=0):
    pass


class Figures(Definition, means="figures", word="figures", on=Scope.USE, weight=7):
    """Show the same figures as a table, or the graph again."""


class NextPart(Definition, name="next_part(1)", means="next_part", key="right",
               word="by owner, creator…", on=Scope.REPORT, weight=7):
    """Count by integration, owner, creator or environment; [ goes back."""


class _PartBefore(Definition, name="next_part(-1)", means="part_before", key="left", word="before",
                  on=Scope.REPORT, weight=0):
    pass


# The filter line, while one types into it


class KeepFilter(Definition, name="keep", key="enter", word="keep the filter", on=Scope.FILTER):
    """Go to the list."""


class ClearFilter(Definition, name="clear", key="escape", word="clear it", on=Scope.FILTER):
    """Show everything."""


class KeepFinding(Definition, name="keep", key="enter", word="to the keys", on=Scope.FINDING):
    """Go to the keys that were found."""


class Complete(Definition, key="tab", word="complete", on=Scope.FINDING):
    """Take the first completion."""


class ClearFinding(Definition, name="clear", key="escape", word="back", on=Scope.FINDING):
    """Back to where you came from; what is typed is there again next time."""
