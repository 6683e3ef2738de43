"""`service init` makes what is missing, once."""

from pathlib import Path

import pytest
from tests.service.world import World, a_world

from keyconsole.errors import ConflictError, InvalidRequestError
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings


async def test_the_result_says_what_was_made_and_hides_the_token(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path / "data", environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    assert made.workspace_id.startswith("ws_")
    assert made.account_id.startswith("acc_")
    assert made.database_url == f"sqlite:///{tmp_path / 'data' / 'keyconsole.db'}"
    assert made.root_key_file == tmp_path / "data" / "root-keys"
    assert made.operator_token not in repr(made)


@pytest.mark.parametrize("again", ["Acme", "ACME ", "Ａcme"])
async def test_the_same_workspace_again_changes_nothing(world: World, again: str) -> None:
    audit = (await world.admin.get("/v1/audit")).json()
    await world.runtime.sign_ins.flush()
    before = await world.contents()
    with pytest.raises(ConflictError) as caught:
        await initialize(world.settings, workspace=again, account="eve@example.com")
    assert caught.value.exit_code == 5
    assert (await world.admin.get("/v1/audit")).json() == audit
    assert await world.contents() == before


async def test_another_workspace_is_added(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        made = await initialize(world.settings, workspace="Second", account="ops@acme.example")
        me = (await world.admin.get("/v1/me")).json()
        assert made.account_id == me["account_id"]
        assert [each["workspace"] for each in me["memberships"]] == ["Acme", "Second"]


@pytest.mark.parametrize(
    ("workspace", "account"), [("", "a@b"), ("a\x1bb", "a@b"), ("a", ""), ("a", "nobody")]
)
async def test_names_that_cannot_be_are_refused(
    tmp_path: Path, workspace: str, account: str
) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    with pytest.raises(InvalidRequestError):
        await initialize(settings, workspace=workspace, account=account)
