"""The router: every way from one screen to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from keyconsole.console.screen_stack import ScreenStack

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import TextIO

    from textual.content import Content
    from textual.screen import Screen

    from keyconsole.console.context import Answers, Then
    from keyconsole.console.secret import OneTimeSecret
    from keyconsole.console.session import ProfileChoice
    from keyconsole.core.queries.keys import KeyQuery
    from keyconsole.flows.export import Written
    from keyconsole.flows.membership import Removal, Standing
    from keyconsole.wire import (
        CreatedKey,
        CreatedToken,
        Integration,
        Key,
        Member,
        Receipt,
        Revocation,
        RevocationRequest,
        Rotation,
    )

    AnswerT = TypeVar("AnswerT")


class Router(ScreenStack):
    """Opens the screens that a screen asks for, as `context.Navigator` describes."""

    def _open(
        self, screen: Screen[Any], then: Then[AnswerT] = None, *, in_place: bool = False
    ) -> None:
        if in_place:
            self._app.switch_screen(screen)
        else:
            self._app.push_screen(screen, then)

    def ask(
        self,
        title: str,
        text: str,
        answers: Answers,
        then: Then[str] = None,
        *,
        crumb: str = "Leave?",
        role: str = "amber",
    ) -> None:
        from keyconsole.console.screens.ask import AskDialog

        self._open(AskDialog(title, text, answers, crumb=crumb, role=role), then)

    def integration(self, integration: Integration, *, is_new: bool = False) -> None:
        from keyconsole.console.screens.integration import IntegrationScreen

        tab = "overview" if integration.status == "draft" else "api-keys"
        screen = IntegrationScreen(integration, tab=tab)
        self._open(screen)
        if is_new:
            screen.call_after_refresh(screen.say_outcome)

    def integration_form(self, integration: Integration | None, then: Then[Integration]) -> None:
        from keyconsole.console.screens.integration_form import IntegrationForm

        self._open(IntegrationForm(integration), then)

    def key(self, key: Key) -> None:
        from keyconsole.console.screens.key_detail import KeyScreen

        self._open(KeyScreen(key))

    def key_use(self, key: Key) -> None:
        from keyconsole.console.screens.use import KeyUseScreen

        self._open(KeyUseScreen(key))

    def integration_use(self, integration: Integration) -> None:
        from keyconsole.console.screens.use import TotalUseScreen

        self._open(TotalUseScreen(integration))

    def create_key(self, integration: Integration) -> None:
        from keyconsole.console.screens.create_key import CreateKeyScreen

        self._open(CreateKeyScreen(integration))

    async def created(
        self, created: CreatedKey, form: Screen[Any], *, replaces: Key | None = None
    ) -> None:
        from keyconsole.console.screens.key_created import KeyCreatedScreen
        from keyconsole.console.screens.replacement_created import ReplacementCreatedScreen

        shown = KeyCreatedScreen(created)
        if replaces is not None:
            shown = ReplacementCreatedScreen(created, replaces)
        await self._in_place_of(form, shown)

    async def _in_place_of(self, form: Screen[Any], shown: Screen[Any]) -> None:
        app = self._app
        if form not in app.screen_stack:
            await app.push_screen(shown)
            return
        while app.screen is not form:
            await app.pop_screen()
        await app.switch_screen(shown)

    def rename(
        self, key: Key, findings: Callable[[int], Sequence[Content]], then: Then[Key]
    ) -> None:
        from keyconsole.console.screens.rename import RenameDialog

        self._open(RenameDialog(key, findings), then)

    def change_expiry(self, key: Key, then: Then[Key]) -> None:
        from keyconsole.console.screens.expiry import ExpiryDialog

        self._open(ExpiryDialog(key), then)

    def change_addresses(self, key: Key, then: Then[Key]) -> None:
        from keyconsole.console.screens.addresses import AddressesDialog

        self._open(AddressesDialog(key), then)

    def change_tags(self, key: Key, then: Then[Key]) -> None:
        from keyconsole.console.screens.tags import TagsDialog

        self._open(TagsDialog(key), then)

    def change_owner(self, keys: Sequence[Key], then: Then[list[Key]]) -> None:
        from keyconsole.console.screens.owner import OwnerDialog

        self._open(OwnerDialog(keys), then)

    def change_limits(self, key: Key, then: Then[Key]) -> None:
        from keyconsole.console.screens.limits import LimitsDialog

        self._open(LimitsDialog(key), then)

    def change_scopes(self, key: Key, then: Then[Key]) -> None:
        from keyconsole.console.screens.scopes import ScopesDialog

        self._open(ScopesDialog(key), then)

    def disable(self, key: Key, then: Then[Key], *, reason: str = "unspecified") -> None:
        from keyconsole.console.screens.quarantine import QuarantineDialog

        self._open(QuarantineDialog(key, reason=reason), then)

    def revoke(self, key: Key, then: Then[Receipt] = None, *, reason: str = "unspecified") -> None:
        from keyconsole.console.screens.revoke import RevokeDialog

        self._open(RevokeDialog(key, reason=reason), then)

    def select_keys(
        self, integration: Integration | None, query: KeyQuery, then: Then[KeyQuery]
    ) -> None:
        from keyconsole.console.screens.select_keys import SelectKeysDialog

        self._open(SelectKeysDialog(integration, query), then)

    def revoke_many(
        self,
        request: RevocationRequest,
        then: Then[Revocation],
        *,
        reason: str = "unspecified",
    ) -> None:
        from keyconsole.console.screens.revoke_many import RevokeManyScreen

        self._open(RevokeManyScreen(request, reason=reason), then)

    def pick_kind(self, kind: str | None, then: Then[str]) -> None:
        from keyconsole.console.screens.pick import KindDialog

        self._open(KindDialog(kind), then)

    def receipt(self, receipt: Receipt, key: Key, then: Then[Receipt] = None) -> None:
        from keyconsole.console.screens.receipt import ReceiptScreen

        self._open(ReceiptScreen(receipt, key, is_reread=then is None), then)

    def rotate(self, key: Key, *, in_place: bool = False) -> None:
        from keyconsole.console.screens.rotate import RotateForm

        self._open(RotateForm(key), in_place=in_place)

    def rotation(self, rotation: Rotation, *, in_place: bool = False) -> None:
        from keyconsole.console.screens.rotation import RotationScreen

        self._open(RotationScreen(rotation), in_place=in_place)

    def change_deadline(self, rotation: Rotation, then: Then[Rotation]) -> None:
        from keyconsole.console.screens.deadline import DeadlineDialog

        self._open(DeadlineDialog(rotation), then)

    def finish_rotation(self, rotation: Rotation, then: Then[Receipt]) -> None:
        from keyconsole.console.screens.revoke import RevokeDialog
        from keyconsole.flows.revocation import Completing

        self._open(RevokeDialog(rotation.old.key, reason="superseded", sends=Completing), then)

    def export(
        self, name: str, write: Callable[[TextIO, bool], Awaitable[Written]], then: Then[str]
    ) -> None:
        from keyconsole.console.screens.path_dialogs import ExportDialog

        self._open(ExportDialog(name, write), then)

    def save_secret(self, label: str, secret: OneTimeSecret, then: Then[str]) -> None:
        from keyconsole.console.screens.path_dialogs import SaveDialog

        self._open(SaveDialog(label, secret), then)

    def add_member(self, known: Sequence[Member], then: Then[Member]) -> None:
        from keyconsole.console.screens.member_dialogs import AddMemberDialog

        self._open(AddMemberDialog(known), then)

    def change_role(self, standing: Standing, then: Then[Member]) -> None:
        from keyconsole.console.screens.member_dialogs import ChangeRoleDialog

        self._open(ChangeRoleDialog(standing), then)

    def confirm(self, removal: Removal, then: Then[bool]) -> None:
        from keyconsole.console.screens.confirm import ConfirmDialog

        self._open(ConfirmDialog(removal), then)

    def create_token(self, member: Member) -> None:
        from keyconsole.console.screens.create_token import CreateTokenScreen

        self._open(CreateTokenScreen(member))

    async def token_created(self, created: CreatedToken, member: Member, form: Screen[Any]) -> None:
        from keyconsole.console.screens.token_created import TokenCreatedScreen

        await self._in_place_of(form, TokenCreatedScreen(created, member))

    def sign_in(self, profile: ProfileChoice, *, goes_on: bool = False) -> None:
        """Ask for a token; one that `goes_on` stands over what a person was doing, and once."""
        from keyconsole.console.screens.sign_in import SignInDialog

        app = self._app
        is_asked = any(isinstance(screen, SignInDialog) for screen in app.screen_stack)
        if app.profiles is not None and not (goes_on and is_asked):
            self._open(SignInDialog(app.profiles, profile, goes_on=goes_on))
