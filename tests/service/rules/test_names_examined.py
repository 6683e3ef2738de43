"""Names that were examined when they were written are shown as they are; all others are not."""

import pytest
from tests.service.world import Person, World

from keyconsole.core import credentialtext
from keyconsole.core.credential import Kind, assemble

STORED = assemble(Kind.API_KEY, "7k2m4q9x0a1b2c3d", bytes(range(1, 33))).text
CUT = f"old {STORED[:-5]}"
HIDDEN = f"old {STORED[:21]}…"
LABEL, VALUE = "a label of this test, and not a short one", "a value that is as long as a secret"
INTEGRATION = "Salesforce, the one of this test"


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are examined when they are shown."""
    found: list[str] = []
    redact = credentialtext.redact_names

    def noted(text: str) -> str:
        found.append(text)
        return redact(text)

    monkeypatch.setattr(credentialtext, "redact_names", noted)
    return found


async def a_key(world: World) -> str:
    integration = await world.admin.integration(INTEGRATION)
    public_key, _ = await world.admin.key(integration, label=LABEL, metadata={"team": VALUE})
    return public_key


async def change(admin: Person, public_key: str, **changes: object) -> None:
    version = (await admin.get(f"/v1/keys/{public_key}")).json()["version"]
    changed = await admin.patch(f"/v1/keys/{public_key}", changes, if_match=f'"{version}"')
    assert changed.status_code == 200, changed.text


async def shown(world: World) -> dict[str, object]:
    """The newest key, as a list shows it."""
    found: dict[str, object] = (await world.admin.get("/v1/keys")).json()["items"][0]
    return found


async def test_a_new_key_is_listed_without_another_look(world: World, examined: list[str]) -> None:
    await a_key(world)
    examined.clear()
    found = await shown(world)
    assert (found["label"], found["metadata"]) == (LABEL, {"team": VALUE})
    assert {LABEL, VALUE}.isdisjoint(examined)
    assert found["integration_name"] in examined


async def test_a_key_that_was_changed_is_listed_without_another_look(
    world: World, examined: list[str]
) -> None:
    public_key = await a_key(world)
    label, value = f"another {LABEL}", f"another {VALUE}"
    await change(world.admin, public_key, label=label)
    await change(world.admin, public_key, metadata={"team": value})
    examined.clear()
    found = await shown(world)
    assert (found["label"], found["metadata"]) == (label, {"team": value})
    assert {label, value}.isdisjoint(examined)


async def test_a_replacement_is_listed_without_another_look(
    world: World, examined: list[str]
) -> None:
    old = await a_key(world)
    begun = await world.admin.post(f"/v1/keys/{old}/rotation", {}, idempotency_key="n" * 32)
    assert begun.status_code == 201, begun.text
    examined.clear()
    during = await shown(world)
    assert {during["label"], VALUE}.isdisjoint(examined)
    done = await world.admin.post(f"/v1/keys/{old}/rotation/complete", {"now": True})
    assert done.status_code == 200, done.text
    examined.clear()
    assert (await shown(world))["label"] == LABEL
    assert {LABEL, VALUE}.isdisjoint(examined)


async def test_names_without_a_mark_are_examined(world: World, examined: list[str]) -> None:
    await a_key(world)
    await world.sql("UPDATE api_keys SET names_examined = NULL")
    examined.clear()
    await shown(world)
    assert {LABEL, VALUE} <= set(examined)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE api_keys SET label = '{CUT}'", (HIDDEN, {"team": VALUE})),
        (f"""UPDATE api_keys SET metadata = '{{"team": "{CUT}"}}'""", (LABEL, {"team": HIDDEN})),
    ],
)
async def test_what_an_older_process_writes_voids_the_mark(
    world: World, statement: str, expected: object
) -> None:
    await a_key(world)
    await world.sql(statement)
    found = await shown(world)
    assert (found["label"], found["metadata"]) == expected


async def test_a_change_vouches_for_no_name_but_its_own(world: World) -> None:
    public_key = await a_key(world)
    await world.sql(f"""UPDATE api_keys SET label = '{CUT}', metadata = '{{"team": "{CUT}"}}'""")
    await change(world.admin, public_key, label="another")
    assert (await shown(world))["metadata"] == {"team": HIDDEN}
    await world.sql(f"UPDATE api_keys SET label = '{CUT}'")
    await change(world.admin, public_key, metadata={"team": "another"})
    assert (await shown(world))["label"] == HIDDEN


async def test_a_rotation_vouches_for_no_name_of_the_old_key(world: World) -> None:
    old = await a_key(world)
    await world.sql(f"UPDATE api_keys SET label = '{CUT}'")
    begun = await world.admin.post(f"/v1/keys/{old}/rotation", {}, idempotency_key="n" * 32)
    assert begun.status_code == 201, begun.text
    assert STORED[21:29] not in str(await shown(world))
    done = await world.admin.post(f"/v1/keys/{old}/rotation/complete", {"now": True})
    assert done.status_code == 200, done.text
    assert (await shown(world))["label"] == HIDDEN
