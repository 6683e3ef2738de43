"""Whatever has the focus is on the screen, at every size, with everything as long as it can be."""

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.console.desk import Desk
from tests.console.longest import LATIN, WIDE, FarPlaces, LongStage, build_long_template, long_stage
from tests.console.screens.test_invitations import invite
from textual.screen import Screen
from textual.widget import Widget

from keyconsole.console import screens
from keyconsole.console.screens.addresses import AddressesDialog
from keyconsole.console.screens.ask import AskDialog
from keyconsole.console.screens.attention import AttentionScreen
from keyconsole.console.screens.audit import AuditScreen
from keyconsole.console.screens.command import CommandScreen
from keyconsole.console.screens.confirm import ConfirmDialog
from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.create_token import CreateTokenScreen
from keyconsole.console.screens.deadline import DeadlineDialog
from keyconsole.console.screens.expiry import ExpiryDialog
from keyconsole.console.screens.find import FindScreen
from keyconsole.console.screens.framed import Framed
from keyconsole.console.screens.help import HelpScreen
from keyconsole.console.screens.identify import IdentifyDialog
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.integration_form import IntegrationForm
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.invitations import InvitationsScreen
from keyconsole.console.screens.key_created import KeyCreatedScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.label_audit import LabelAuditScreen
from keyconsole.console.screens.limits import LimitsDialog
from keyconsole.console.screens.member_dialogs import AddMemberDialog, ChangeRoleDialog
from keyconsole.console.screens.members import MembersScreen
from keyconsole.console.screens.owner import OwnerDialog
from keyconsole.console.screens.path_dialogs import ExportDialog, SaveDialog
from keyconsole.console.screens.pick import KindDialog
from keyconsole.console.screens.policy import PolicyForm
from keyconsole.console.screens.profiles import ProfilesDialog
from keyconsole.console.screens.quarantine import QuarantineDialog
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.console.screens.rename import RenameDialog
from keyconsole.console.screens.replacement_created import ReplacementCreatedScreen
from keyconsole.console.screens.report import ReportScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.console.screens.revoke_many import RevokeManyScreen
from keyconsole.console.screens.rotate import RotateForm
from keyconsole.console.screens.rotation import RotationScreen
from keyconsole.console.screens.rotations import RotationsScreen
from keyconsole.console.screens.scopes import ScopesDialog
from keyconsole.console.screens.select_keys import SelectKeysDialog
from keyconsole.console.screens.sign_in import SignInDialog
from keyconsole.console.screens.tags import TagsDialog
from keyconsole.console.screens.token_created import TokenCreatedScreen
from keyconsole.console.screens.use import KeyUseScreen, TotalUseScreen
from keyconsole.console.screens.watch import WatchScreen
from keyconsole.console.secret import OneTimeSecret
from keyconsole.console.widgets.pinned import block_of
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.flows.export import Written
from keyconsole.flows.membership import Standing, revocation_of
from keyconsole.wire import (
    CreatedKey,
    CreatedToken,
    KeyCreate,
    Member,
    MemberCreate,
    RevocationRequest,
    RevocationTarget,
    Role,
    Rotation,
    TokenCreate,
)

SIZES = ((120, 40), (80, 24), (60, 16))
STOPS = 24
LONG_SENTENCE = "The service refused that, and says why in a sentence that is long. " * 4

Make = Callable[[Desk, LongStage], Awaitable[Screen[Any]]]


async def _created(stage: LongStage) -> CreatedKey:
    integration = await stage.integration()
    request = KeyCreate(label=("9" + WIDE)[:100], expires_at=stage.now + timedelta(days=30))
    return await stage.client().create_key(integration.id, request, idempotency_key="c" * 32)


async def _rotation(stage: LongStage) -> Rotation:
    return (await stage.client().rotations.under_way()).items[0]


def _everywhere(kind: Callable[[], Screen[Any]]) -> Make:
    async def make(desk: Desk, stage: LongStage) -> Screen[Any]:
        return kind()

    return make


async def _ask(desk: Desk, stage: LongStage) -> Screen[Any]:
    answers = [("esc", "let it go on", "a"), ("c", "keep both", "b"), ("x", LATIN[:30], "c")]
    return AskDialog("Cancel this rotation?", LONG_SENTENCE, answers)


async def _audit(desk: Desk, stage: LongStage) -> Screen[Any]:
    return AuditScreen(desk.app.clock)


async def _command(desk: Desk, stage: LongStage) -> Screen[Any]:
    return CommandScreen(desk.see(IntegrationsScreen), actions_only=False)


async def _create(desk: Desk, stage: LongStage) -> Screen[Any]:
    return CreateKeyScreen(choices=[await stage.integration()] * 3)


async def _deadline(desk: Desk, stage: LongStage) -> Screen[Any]:
    return DeadlineDialog(await _rotation(stage))


async def _expiry(desk: Desk, stage: LongStage) -> Screen[Any]:
    return ExpiryDialog(await stage.key("1"))


async def _addresses(desk: Desk, stage: LongStage) -> Screen[Any]:
    return AddressesDialog(await stage.key("1"))


async def _tags(desk: Desk, stage: LongStage) -> Screen[Any]:
    return TagsDialog(await stage.key("1"))


async def _limits(desk: Desk, stage: LongStage) -> Screen[Any]:
    return LimitsDialog(await stage.key("1"))


async def _owner(desk: Desk, stage: LongStage) -> Screen[Any]:
    return OwnerDialog([await stage.key("1")])


async def _scopes(desk: Desk, stage: LongStage) -> Screen[Any]:
    return ScopesDialog(await stage.key("1"))


async def _export(desk: Desk, stage: LongStage) -> Screen[Any]:
    async def write(*_: Any) -> Written:
        return Written(0, "")

    return ExportDialog(LATIN, write)


async def _help(desk: Desk, stage: LongStage) -> Screen[Any]:
    screen = IntegrationScreen(await stage.integration())
    return HelpScreen(screen.scopes)


async def _integration(desk: Desk, stage: LongStage) -> Screen[Any]:
    return IntegrationScreen(await stage.integration())


async def _integration_form(desk: Desk, stage: LongStage) -> Screen[Any]:
    return IntegrationForm(await stage.integration())


async def _key(desk: Desk, stage: LongStage) -> Screen[Any]:
    return KeyScreen(await stage.key("3"))


async def _key_use(desk: Desk, stage: LongStage) -> Screen[Any]:
    return KeyUseScreen(await stage.key("3"))


async def _integration_use(desk: Desk, stage: LongStage) -> Screen[Any]:
    return TotalUseScreen(await stage.integration())


async def _key_created(desk: Desk, stage: LongStage) -> Screen[Any]:
    return KeyCreatedScreen(await _created(stage))


async def _policy(desk: Desk, stage: LongStage) -> Screen[Any]:
    person = desk.app.person
    assert person is not None
    assert person.workspace_id is not None
    return PolicyForm(person.workspace, person.workspace_id)


async def _quarantine(desk: Desk, stage: LongStage) -> Screen[Any]:
    return QuarantineDialog(await stage.key("2"))


async def _receipt(desk: Desk, stage: LongStage) -> Screen[Any]:
    from keyconsole.client.receipts import read_receipt

    key = await stage.key("3")
    return ReceiptScreen(await read_receipt(stage.client(), key.public_key), key)


async def _rename(desk: Desk, stage: LongStage) -> Screen[Any]:
    return RenameDialog(await stage.key("1"))


async def _replacement(desk: Desk, stage: LongStage) -> Screen[Any]:
    return ReplacementCreatedScreen(await _created(stage), await stage.key("4"))


async def _revoke(desk: Desk, stage: LongStage) -> Screen[Any]:
    return RevokeDialog(await stage.key("1"))


async def _revoke_many(desk: Desk, stage: LongStage) -> Screen[Any]:
    targets = [RevocationTarget(public_key=(await stage.key(name)).public_key) for name in "015"]
    return RevokeManyScreen(RevocationRequest(keys=targets))


async def _rotate(desk: Desk, stage: LongStage) -> Screen[Any]:
    return RotateForm(await stage.key("0"))


async def _rotation_screen(desk: Desk, stage: LongStage) -> Screen[Any]:
    return RotationScreen(await _rotation(stage))


async def _save(desk: Desk, stage: LongStage) -> Screen[Any]:
    return SaveDialog(LATIN, OneTimeSecret((await _created(stage)).secret))


async def _select(desk: Desk, stage: LongStage) -> Screen[Any]:
    return SelectKeysDialog(await stage.integration(), KeyQuery.parse(LATIN))


async def _member(stage: LongStage) -> Member:
    email = f"{'m' * 86}@acme.example"
    return await stage.client().members.add(MemberCreate(email=email, role=Role.RESPONDER))


async def _token(stage: LongStage) -> CreatedToken:
    request = TokenCreate(account_id=(await _member(stage)).account_id, label=WIDE[:100])
    return await stage.client().tokens.create(request, idempotency_key="t" * 32)


async def _invitations(desk: Desk, stage: LongStage) -> Screen[Any]:
    await invite(stage, WIDE[:100])
    return InvitationsScreen()


async def _members(desk: Desk, stage: LongStage) -> Screen[Any]:
    await _token(stage)
    return MembersScreen()


async def _add_member(desk: Desk, stage: LongStage) -> Screen[Any]:
    return AddMemberDialog([await _member(stage)])


async def _change_role(desk: Desk, stage: LongStage) -> Screen[Any]:
    return ChangeRoleDialog(Standing(await _member(stage), is_me=True))


async def _confirm(desk: Desk, stage: LongStage) -> Screen[Any]:
    last = revocation_of(await _token(stage), stage.now).otherwise
    assert last is not None
    return ConfirmDialog(last)


async def _create_token(desk: Desk, stage: LongStage) -> Screen[Any]:
    return CreateTokenScreen(await _member(stage))


async def _token_created(desk: Desk, stage: LongStage) -> Screen[Any]:
    return TokenCreatedScreen(await _token(stage), await _member(stage))


async def _profiles(desk: Desk, stage: LongStage) -> Screen[Any]:
    return ProfilesDialog(FarPlaces())


async def _sign_in(desk: Desk, stage: LongStage) -> Screen[Any]:
    places = FarPlaces()
    return SignInDialog(places, places.choices()[0], goes_on=True)


OPENINGS: dict[type[Screen[Any]], Make] = {
    AddMemberDialog: _add_member,
    AddressesDialog: _addresses,
    AskDialog: _ask,
    AttentionScreen: _everywhere(AttentionScreen),
    AuditScreen: _audit,
    ChangeRoleDialog: _change_role,
    CommandScreen: _command,
    ConfirmDialog: _confirm,
    CreateKeyScreen: _create,
    CreateTokenScreen: _create_token,
    DeadlineDialog: _deadline,
    ExpiryDialog: _expiry,
    ExportDialog: _export,
    FindScreen: _everywhere(lambda: FindScreen(LATIN[:12])),
    HelpScreen: _help,
    IdentifyDialog: _everywhere(IdentifyDialog),
    IntegrationScreen: _integration,
    IntegrationForm: _integration_form,
    IntegrationsScreen: _everywhere(IntegrationsScreen),
    InvitationsScreen: _invitations,
    KeyCreatedScreen: _key_created,
    KeyScreen: _key,
    KindDialog: _everywhere(lambda: KindDialog("old")),
    KeyUseScreen: _key_use,
    TotalUseScreen: _integration_use,
    LabelAuditScreen: _everywhere(LabelAuditScreen),
    MembersScreen: _members,
    PolicyForm: _policy,
    ProfilesDialog: _profiles,
    QuarantineDialog: _quarantine,
    ReceiptScreen: _receipt,
    RenameDialog: _rename,
    ReplacementCreatedScreen: _replacement,
    RevokeDialog: _revoke,
    RevokeManyScreen: _revoke_many,
    ReportScreen: _everywhere(ReportScreen),
    RotateForm: _rotate,
    RotationScreen: _rotation_screen,
    RotationsScreen: _everywhere(RotationsScreen),
    SaveDialog: _save,
    SelectKeysDialog: _select,
    ScopesDialog: _scopes,
    SignInDialog: _sign_in,
    TagsDialog: _tags,
    OwnerDialog: _owner,
    LimitsDialog: _limits,
    TokenCreatedScreen: _token_created,
    WatchScreen: _everywhere(WatchScreen),
}
BASES = {
    "Framed", "ConsoleScreen", "DialogScreen", "FormScreen", "ListScreen", "KeyActions",
    "ChangeDialog", "KeyDialog", "FieldDialog", "GenerateForm", "PathDialog", "RoleDialog",
    "OneTimeScreen", "IntegrationActions", "KeyListActions", "PickDialog", "UseScreen",
}  # fmt: skip


def screens_there_are() -> list[type[Screen[Any]]]:
    """Every screen that the console has, found in its modules."""
    found = set()
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Framed) and kind.__name__ not in BASES:
                found.add(kind)
    return sorted(found, key=lambda kind: kind.__name__)


def whole(widget: Widget) -> bool:
    """Whether all of a widget is within what its ancestors show."""
    geometry = widget.screen.find_widget(widget)
    return bool(geometry.region) and geometry.clip.contains_region(geometry.region)


def sentences(widget: Widget) -> list[Widget]:
    """The lines of the block of a widget that say what it is for and what to do."""
    if not widget.has_class("block") and block_of(widget) is widget:
        return []
    block = block_of(widget)
    lines = block.query(".field-title, .row-title, .field-says, #confirm-how")
    return [line for line in lines if line.is_on_screen or line.region.height]


def assert_in_sight(desk: Desk, when: str) -> None:
    focused = desk.app.screen.focused
    if focused is None:
        return
    assert whole(focused), f"{when}: {focused!r} is not in sight\n{desk.text}"
    for line in sentences(focused):
        if line.region.height:
            assert whole(line), f"{when}: {line!r} of {focused!r} is not in sight\n{desk.text}"


@pytest.fixture(scope="session")
def long_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filled once."""
    directory = tmp_path_factory.mktemp("long") / "template"
    asyncio.run(build_long_template(directory))
    return directory


@pytest.mark.parametrize("kind", screens_there_are(), ids=lambda kind: kind.__name__)
async def test_what_has_the_focus_is_in_sight(
    kind: type[Screen[Any]], long_template: Path, tmp_path: Path
) -> None:
    async with long_stage(long_template, tmp_path / "data") as stage:
        app = stage.console()
        async with app.run_test(size=SIZES[0]) as pilot:
            desk = Desk(pilot, stage, app)
            await desk.settle()
            screen = await OPENINGS[kind](desk, stage)
            await app.push_screen(screen)
            await desk.settle()
            for size in SIZES:
                await desk.resize(*size)
                assert_in_sight(desk, f"{size}, at first")
                for key in ("tab", "shift+tab"):
                    start, stops = screen.focused, 0
                    while stops < STOPS:
                        await desk.press(key)
                        stops += 1
                        assert desk.app.screen is screen
                        assert_in_sight(desk, f"{size}, {key} {stops}")
                        if screen.focused is start:
                            break
                await _type(desk, screen, size)


async def _type(desk: Desk, screen: Screen[Any], size: tuple[int, int]) -> None:
    """Type into every field: what is said about it must not push it away."""
    for field in list(screen.query("Input")):
        if not all(node.display for node in field.ancestors_with_self) or not field.focusable:
            continue
        field.focus()
        await desk.settle()
        await desk.paste("x" * 60)
        await desk.write("y")
        assert desk.app.screen is screen
        assert_in_sight(desk, f"{size}, typed into {field!r}")


async def test_of_many_profiles_the_one_under_the_cursor_is_in_sight(
    long_template: Path, tmp_path: Path
) -> None:
    async with long_stage(long_template, tmp_path / "data") as stage:
        app = stage.console()
        async with app.run_test(size=SIZES[-1]) as pilot:
            desk = Desk(pilot, stage, app)
            await desk.settle()
            await app.push_screen(ProfilesDialog(FarPlaces()))
            await desk.settle()
            for steps, name in ((20, "20-"), (9, "29-")):
                await desk.press(*["down"] * steps)
                assert any("▌" in line and name in line for line in desk.text.split("\n"))


REDRAWN = (HelpScreen, KeyScreen, IntegrationScreen, RevokeDialog, QuarantineDialog, ReceiptScreen,
           ProfilesDialog, CommandScreen, RotationScreen, RotateForm, MembersScreen,
           ConfirmDialog)  # fmt: skip


@pytest.mark.parametrize("kind", REDRAWN, ids=lambda kind: kind.__name__)
async def test_another_size_is_drawn_as_if_it_had_been_opened_so(
    kind: type[Screen[Any]], long_template: Path, tmp_path: Path
) -> None:
    async with long_stage(long_template, tmp_path / "data") as stage:
        app = stage.console()
        async with app.run_test(size=SIZES[0]) as pilot:
            desk = Desk(pilot, stage, app)
            await desk.settle()
            first = await OPENINGS[kind](desk, stage)
            await app.push_screen(first)
            await desk.settle()
            await desk.resize(*SIZES[1])
            resized = desk.text
            await app.pop_screen()
            await app.push_screen(await OPENINGS[kind](desk, stage))
            await desk.settle()
            assert resized == desk.text


@pytest.mark.parametrize("kind", screens_there_are(), ids=lambda kind: kind.__name__)
def test_what_asks_for_the_size_of_the_terminal_is_drawn_again_with_it(
    kind: type[Screen[Any]],
) -> None:
    source = inspect.getsource(kind)
    if "app.size" in source or "self.room" in source:
        # Of `Framed`, the last of ours, it does nothing.
        assert kind.redraw is not Framed.redraw, f"{kind.__name__} needs a redraw"  # type: ignore[attr-defined]
