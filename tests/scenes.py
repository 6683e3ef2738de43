"""Every screen in every state worth a picture, reached by pressing keys as a person would.

The snapshot tests compare them at three sizes; the drawings of the README are some of them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.hands import paste, press, settle, type_text
from tests.stage import Stage
from textual.pilot import Pilot

from keyconsole.console.app import KeyconsoleApp
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.revoke_many import RevokeManyScreen
from keyconsole.core.credential import Kind, assemble
from keyconsole.flows.bulk_revocation import Ended
from keyconsole.wire import DisableRequest, KeyCreate

IN_USE = "api-gateway-prod"

Play = Callable[[Pilot[None], Stage], Awaitable[None]]


@dataclass(frozen=True)
class Scene:
    """A name, how to get there, whether the service is empty, and how the console is started.

    A staged one needs the keys of the tests' own stage. Any other is drawn on the demo for people.
    """

    name: str
    play: Play
    empty: bool = False
    staged: bool = False
    options: dict[str, Any] = field(default_factory=dict)


SCENES: list[Scene] = []


def scene(
    name: str, *, empty: bool = False, staged: bool = False, **options: Any
) -> Callable[[Play], Play]:
    """Put a scene on the list."""

    def add(play: Play) -> Play:
        SCENES.append(Scene(name, play, empty, staged, options))
        return play

    return add


async def open_list(pilot: Pilot[None]) -> None:
    """The console once it is connected and has shown its first list."""
    await settle(pilot)


async def open_keys(pilot: Pilot[None]) -> None:
    """The API Keys tab of Salesforce Production."""
    await open_list(pilot)
    rows = pilot.app.screen.query("ListRows").first()
    names = [row.name for row in rows.rows]  # type: ignore[attr-defined]
    for _ in range(names.index("Salesforce Production")):
        await pilot.press("down")
    await press(pilot, "enter")


async def open_created(pilot: Pilot[None]) -> None:
    """API Key Created, from the form, by keys."""
    await open_keys(pilot)
    await press(pilot, "n")
    await type_text(pilot, "checkout-prod")
    await press(pilot, "ctrl+s")


@scene("integrations-empty", empty=True)
async def _integrations_empty(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)


@scene("integrations")
async def _integrations(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)


@scene("integrations-filtered")
async def _integrations_filtered(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "slash")
    await type_text(pilot, "sales")
    await press(pilot, "enter")


@scene("add-integration", empty=True)
async def _add_integration(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "n")
    await type_text(pilot, "Salesforce Production")


@scene("policy")
async def _policy(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "comma")


async def open_members(pilot: Pilot[None], stage: Stage) -> None:
    """The members: an admin, a viewer with two tokens, and somebody who was just added."""
    from keyconsole.wire import MemberCreate, Role, TokenCreate

    client = stage.client()
    kofi = await client.members.add(MemberCreate(email="kofi@acme.example", role=Role.VIEWER))
    await client.members.add(MemberCreate(email="noor@acme.example", role=Role.RESPONDER))
    for label, days in (("phone", None), ("laptop", 5)):
        expires = None if days is None else stage.now + timedelta(days=days)
        request = TokenCreate(account_id=kofi.account_id, label=label, expires_at=expires)
        await client.tokens.create(request, idempotency_key=f"{label:k<32}")
    await open_list(pilot)
    await press(pilot, "M")


@scene("members", staged=True)
async def _members(pilot: Pilot[None], stage: Stage) -> None:
    await open_members(pilot, stage)
    await press(pilot, "enter")


@scene("members-add", staged=True)
async def _members_add(pilot: Pilot[None], stage: Stage) -> None:
    await open_members(pilot, stage)
    await press(pilot, "n")
    await type_text(pilot, "zoe")
    await press(pilot, "enter", "right", "enter")


@scene("token-created", staged=True)
async def _token_created(pilot: Pilot[None], stage: Stage) -> None:
    await open_members(pilot, stage)
    await press(pilot, "plus")
    await type_text(pilot, "tablet")
    await press(pilot, "ctrl+s")


@scene("overview-draft", staged=True, route="/oauth")
async def _overview_draft(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "slash")
    await type_text(pilot, "hubspot")
    await press(pilot, "enter", "enter")


@scene("overview")
async def _overview(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "1")


@scene("keys")
async def _keys(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)


@scene("keys-empty", empty=True)
async def _keys_empty(pilot: Pilot[None], stage: Stage) -> None:
    from keyconsole.wire import IntegrationCreate

    await stage.client().create_integration(
        IntegrationCreate(
            name="Salesforce Production",
            provider="salesforce",
            environment="production",
            client_id="3MVG9",
            redirect_uri="https://app.acme.example/cb",
            scopes=["api"],
        )
    )
    await open_list(pilot)
    await press(pilot, "ctrl+r", "enter")


@scene("keys-filtered")
async def _keys_filtered(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "slash")
    await type_text(pilot, "status:revoked")
    await press(pilot, "enter")


@scene("activity")
async def _activity(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "3")


@scene("find-empty")
async def _find_empty(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "ctrl+f")


@scene("find")
async def _find(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "ctrl+f")
    await type_text(pilot, "worker status:active")
    await press(pilot, "enter")


@scene("find-wrong")
async def _find_wrong(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "ctrl+f")
    await type_text(pilot, "gateway stauts:active")


@scene("find-completes")
async def _find_completes(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "ctrl+f")
    await type_text(pilot, "worker status:")


@scene("labels")
async def _labels(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "L")


@scene("labels-review")
async def _labels_review(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "L", "m")


@scene("labels-export")
async def _labels_export(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "L", "s")


@scene("labels-rename")
async def _labels_rename(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "L", "e")


@scene("labels-empty", empty=True)
async def _labels_empty(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "L")


@scene("labels-read-only", read_only=True)
async def _labels_read_only(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "L")


@scene("attention")
async def _attention(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "exclamation_mark")


@scene("use")
async def _use(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "u")


@scene("use-integration-month")
async def _use_integration(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "1", "u", "right_square_bracket", "right_square_bracket")


@scene("audit", route="/audit")
async def _audit(pilot: Pilot[None], _: Stage) -> None:
    await settle(pilot)


@scene("audit-filtered", route="/audit")
async def _audit_filtered(pilot: Pilot[None], _: Stage) -> None:
    await settle(pilot)
    await press(pilot, "slash")
    await type_text(pilot, "by:ops what:revoked")
    await press(pilot, "enter")


@scene("audit-wrong", route="/audit")
async def _audit_wrong(pilot: Pilot[None], _: Stage) -> None:
    await settle(pilot)
    await press(pilot, "slash")
    await type_text(pilot, "by:ops waht:revoked")


@scene("audit-following", route="/audit")
async def _audit_following(pilot: Pilot[None], _: Stage) -> None:
    await settle(pilot)
    await press(pilot, "f")


@scene("audit-verified", route="/audit")
async def _audit_verified(pilot: Pilot[None], _: Stage) -> None:
    await settle(pilot)
    await press(pilot, "V")


@scene("report", staged=True)
async def _report(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "number_sign")


@scene("key")
async def _key(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "enter")


@scene("create")
async def _create(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "n")
    await type_text(pilot, "checkout-prod")


@scene("create-wrong")
async def _create_wrong(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "n")
    await type_text(pilot, "api-gateway-prod")
    await press(pilot, "ctrl+s")


@scene("create-pick", route="/api-keys/create")
async def _create_pick(pilot: Pilot[None], _: Stage) -> None:
    await settle(pilot)


@scene("created")
async def _created(pilot: Pilot[None], _: Stage) -> None:
    await open_created(pilot)


@scene("created-leaving")
async def _created_leaving(pilot: Pilot[None], _: Stage) -> None:
    await open_created(pilot)
    await press(pilot, "escape")


@scene("created-save")
async def _created_save(pilot: Pilot[None], _: Stage) -> None:
    await open_created(pilot)
    await press(pilot, "s")


@scene("revoke")
async def _revoke(pilot: Pilot[None], stage: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "x")
    await type_text(pilot, "api-gateway-")


@scene("revoke-unused")
async def _revoke_unused(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "slash")
    await type_text(pilot, "laptop")
    await press(pilot, "enter", "x")


@scene("revoke-danger", profile="prod", danger=True)
async def _revoke_danger(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "x")


@scene("revoke-last", staged=True)
async def _revoke_last(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "i")
    await type_text(pilot, "workday-worker")
    await press(pilot, "enter", "x", "R")


@scene("receipt")
async def _receipt(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "x")
    await type_text(pilot, "api-gateway-prod")
    await press(pilot, "enter")


@scene("disable")
async def _disable(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "d", "right", "right", "right")


@scene("disabled")
async def _disabled(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "d", "right", "D", "d")


@scene("keys-disabled")
async def _keys_disabled(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "d", "right", "D")


@scene("keys-marked")
async def _keys_marked(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "space", "space", "down", "space")


@scene("select-keys")
async def _select_keys(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "X")
    await type_text(pilot, "label:*-prod")


@scene("revoke-many")
async def _revoke_many(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "X")
    await type_text(pilot, "label:*-prod")
    await press(pilot, "ctrl+s")


@scene("revoke-many-last", staged=True)
async def _revoke_many_last(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "X", "ctrl+s", "6", "enter")


@scene("revoked-many", staged=True)
async def _revoked_many(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "X")
    await type_text(pilot, "label:*-prod")
    await press(pilot, "ctrl+s", "4", "enter")
    screen = pilot.app.screen
    assert isinstance(screen, RevokeManyScreen)
    while not (isinstance(screen.state, Ended) and screen.state.proof and screen.state.is_whole):
        await pilot.pause()


@scene("watch")
async def _watch(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await try_dead_keys(stage)
    await press(pilot, "w")
    await try_dead_keys(stage)
    await press(pilot, "ctrl+r")


@scene("watch-long", staged=True)
async def _watch_long(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await try_dead_keys(stage)
    client = stage.client()
    [key] = (await client.keys("ci-old")).items
    name = "salesforce-nightly-export-worker-prod"
    await client.rename_key(key.public_key, name, version=key.version)
    await press(pilot, "w")


async def try_dead_keys(stage: Stage, agent: str = "python-requests/2.31") -> None:
    """Somebody presents a disabled key and a forged one."""
    client = stage.client()
    keys = {key.label: key for key in (await client.keys(limit=500)).items}
    integration = keys["laptop-test"].integration_id
    nonce = "watched".ljust(32, "w")
    made = await client.create_key(integration, KeyCreate(label="ci-old"), idempotency_key=nonce)
    if made.key.status == "active":
        await client.disable_key(made.key.public_key, DisableRequest())
    await stage.use(made.secret.get_secret_value(), 12, source="10.1.9.77", agent=agent)
    forged = assemble(Kind.API_KEY, keys["api-gateway-prod"].public_key[4:], bytes(32)).text
    await stage.use(forged, 3, source="91.20.7.5", agent="Go-http-client/2")
    stage.now += timedelta(seconds=20)


async def leaked_text(stage: Stage) -> str:
    """What a person may find in a chat: a forged key, a stranger's, and names of real ones."""
    keys = {key.label: key for key in (await stage.client().keys(limit=500)).items}
    forged = assemble(Kind.API_KEY, keys["api-gateway-prod"].public_key[4:], bytes(32))
    stranger = assemble(Kind.API_KEY, "0123456789abcdef", bytes(32))
    names = [keys[label].public_key for label in ("laptop-test", "old-backend")]
    return f"found in #ops: {forged.text} {stranger.text} {' '.join(names)}"


@scene("identify")
async def _identify(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "i")


@scene("identify-several")
async def _identify_several(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "i")
    await paste(pilot, await leaked_text(stage))


@scene("identify-forged", staged=True)
async def _identify_forged(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "i")
    await paste(pilot, (await leaked_text(stage)).partition(" kcs_0")[0])


@scene("rename")
async def _rename(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "e")


async def rotate(stage: Stage, label: str = "api-gateway-prod", **asked: Any) -> str:
    """Begin a rotation as somebody else would; the secret of the replacement."""
    from keyconsole.wire import RotationRequest

    client = stage.client()
    [key] = [key for key in (await client.keys(limit=500)).items if key.label == label]
    created = await client.rotations.start(
        key.public_key, RotationRequest(**asked), idempotency_key=f"{label:r<32}"
    )
    return created.secret.get_secret_value()


async def use_old(stage: Stage, times: int = 14, source: str = "10.1.4.7") -> None:
    """Somebody uses the old key. Its secret is not known any more, so it is only counted."""
    recorder = stage.service.app.runtime.recorder
    [key] = [key for key in (await stage.client().keys(limit=500)).items if key.label == IN_USE]
    for _ in range(times):
        recorder.record(key.public_key[4:], key.integration_id, "accepted", (source, "curl/8.4"))
    await recorder.flush()


async def open_rotation(pilot: Pilot[None]) -> None:
    """Both keys of the rotation of the first key, side by side."""
    await open_keys(pilot)
    await press(pilot, "ctrl+r", "t")


@scene("rotate")
async def _rotate(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "t")


@scene("rotate-by-itself")
async def _rotate_by_itself(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "t", "right", "right", "down", "left", "down", "right")


@scene("rotate-deadline-past")
async def _rotate_deadline_past(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "t", "down")
    await type_text(pilot, "2026-02-01")
    await press(pilot, "ctrl+s")


@scene("rotation-created")
async def _rotation_created(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "t", "ctrl+s")


@scene("rotation-waiting", staged=True)
async def _rotation_waiting(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    secret = await rotate(stage)
    stage.now += timedelta(minutes=5)
    await stage.use(secret, 3, source="10.1.4.9", agent="python-httpx/0.28")
    stage.now += timedelta(seconds=40)
    await use_old(stage)
    stage.now += timedelta(seconds=3)
    await open_rotation(pilot)


@scene("rotation-unused", staged=True)
async def _rotation_unused(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await rotate(stage, automatic=True)
    stage.now += timedelta(minutes=12)
    await open_rotation(pilot)


async def ready(pilot: Pilot[None], stage: Stage) -> None:
    """Both keys once the old one was quiet for long enough."""
    await open_list(pilot)
    secret = await rotate(stage)
    await use_old(stage, 2)
    stage.now += timedelta(minutes=9)
    await stage.use(secret, 41, source="10.1.4.7")
    await stage.use(secret, 5, source="10.1.4.9", agent="python-httpx/0.28")
    await stage.service.app.runtime.recorder.flush()
    stage.now += timedelta(minutes=22)
    await open_rotation(pilot)


@scene("rotation-ready", staged=True)
async def _rotation_ready(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)


@scene("rotation-finish", staged=True)
async def _rotation_finish(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "x")


@scene("rotation-paused", staged=True)
async def _rotation_paused(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "space")


@scene("rotation-deadline", staged=True)
async def _rotation_deadline(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "E")


@scene("rotation-deadline-typed", staged=True)
async def _rotation_deadline_typed(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "E")
    await type_text(pilot, "2027-01-15")


@scene("rotation-late", staged=True)
async def _rotation_late(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    stage.now += timedelta(days=8)
    await use_old(stage)
    await press(pilot, "ctrl+r")


@scene("rotation-cancel", staged=True)
async def _rotation_cancel(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "C")


@scene("rotation-cancelled", staged=True)
async def _rotation_cancelled(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "C", "C")


@scene("rotation-done", staged=True)
async def _rotation_done(pilot: Pilot[None], stage: Stage) -> None:
    await ready(pilot, stage)
    await press(pilot, "x")
    await type_text(pilot, "api-gateway-prod")
    await press(pilot, "enter", "enter")


@scene("rotations-empty")
async def _rotations_empty(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "T")


@scene("rotations", staged=True)
async def _rotations(pilot: Pilot[None], stage: Stage) -> None:
    await open_list(pilot)
    await rotate(stage, "billing-worker-prod", automatic=True)
    stage.now += timedelta(days=2)
    await rotate(stage)
    stage.now += timedelta(minutes=2)
    await use_old(stage)
    await press(pilot, "T")


@scene("keys-rotating", staged=True)
async def _keys_rotating(pilot: Pilot[None], stage: Stage) -> None:
    """One key under rotation, one about to expire, the old ones due."""
    from keyconsole.wire import IntegrationPatch, KeyCreate

    await open_list(pilot)
    client = stage.client()
    [integration] = (await client.integrations(q="Salesforce Production")).items
    await rotate(stage)
    created = await client.create_key(
        integration.id,
        KeyCreate(label="partner-import-prod", expires_at=stage.now + timedelta(days=5)),
        idempotency_key="p" * 32,
    )
    await client.acknowledge(created.key.public_key)
    await client.update_integration(integration.id, IntegrationPatch(max_key_age_days=180))
    await open_keys(pilot)
    await press(pilot, "ctrl+r")


@scene("key-rotating", staged=True)
async def _key_rotating(pilot: Pilot[None], stage: Stage) -> None:
    await _keys_rotating(pilot, stage)
    await press(pilot, "enter")


@scene("expiry")
async def _expiry(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "E", "right", "right")


@scene("expiry-beyond-policy", staged=True)
async def _expiry_beyond_policy(pilot: Pilot[None], stage: Stage) -> None:
    await _keys_rotating(pilot, stage)
    await press(pilot, *["down"] * 5, "E", "right", "right", "enter")


@scene("expiry-past-policy", staged=True)
async def _expiry_past_policy(pilot: Pilot[None], stage: Stage) -> None:
    await _keys_rotating(pilot, stage)
    await press(pilot, "E", "right")


@scene("help")
async def _help(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)
    await press(pilot, "question_mark")


@scene("command")
async def _command(pilot: Pilot[None], _: Stage) -> None:
    await open_list(pilot)
    await press(pilot, "colon")
    await type_text(pilot, "sales")


@scene("read-only", read_only=True)
async def _read_only(pilot: Pilot[None], _: Stage) -> None:
    await open_keys(pilot)


@scene("unreachable")
async def _unreachable(pilot: Pilot[None], stage: Stage) -> None:
    from keyconsole.core.errors import ServiceUnreachableError

    await open_keys(pilot)
    app = pilot.app
    assert isinstance(app, KeyconsoleApp)
    assert isinstance(app.screen, ConsoleScreen)
    app.failed(ServiceUnreachableError("The service does not answer."))
    app.screen.update_frame()
    stage.now += timedelta(seconds=0)
    await pilot.pause()
