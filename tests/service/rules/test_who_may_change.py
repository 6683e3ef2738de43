"""Which role may change what of a key: every role, every change, and nothing changes otherwise."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.wire import ROLE_PERMISSIONS, Permission, Role

LIMITED: dict[str, Any] = {
    "scopes": ["api"],
    "allowed_ips": ["10.0.0.0/8"],
    "rate_limit": {"requests": 100, "seconds": 60},
    "quota": {"requests": 1_000, "per": "day"},
}
NARROWS = {Permission.KEYS_WRITE, Permission.KEYS_REVOKE}
WRITES = {Permission.KEYS_WRITE}
WIDENS = {Permission.KEYS_CREATE}
CHANGES: dict[str, tuple[dict[str, Any], set[Permission]]] = {
    "its label": ({"label": "another-prod"}, WRITES),
    "its owner": ({"owner": {"name": "payments"}}, WRITES),
    "its tags": ({"metadata": {"team": "pay"}}, WRITES),
    "its expiry": ({"expires_at": "2030-01-01T00:00:00Z"}, WRITES),
    "fewer addresses": ({"allowed_ips": ["10.1.0.0/16"]}, NARROWS),
    "more addresses": ({"allowed_ips": ["10.0.0.0/8", "192.0.2.1"]}, WIDENS),
    "every address": ({"allowed_ips": None}, WIDENS),
    "all scopes": ({"scopes": None}, WIDENS),
    "another scope": ({"scopes": ["refresh_token"]}, WIDENS),
    "a lower rate": ({"rate_limit": {"requests": 10, "seconds": 60}}, NARROWS),
    "a higher rate": ({"rate_limit": {"requests": 101, "seconds": 60}}, WIDENS),
    "no rate": ({"rate_limit": None}, WIDENS),
    "a lower quota": ({"quota": {"requests": 10, "per": "day"}}, NARROWS),
    "a higher quota": ({"quota": {"requests": 1_001, "per": "day"}}, WIDENS),
    "no quota": ({"quota": None}, WIDENS),
    "one narrower, one wider": ({"allowed_ips": ["10.1.0.0/16"], "scopes": None}, WIDENS),
    "narrower, and another owner": (
        {"allowed_ips": ["10.1.0.0/16"], "owner": {"name": "payments"}},
        WRITES,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_key_changes_only_for_whom_it_may(world: World, change: str) -> None:
    body, needed = CHANGES[change]
    integration = await world.admin.integration(scopes=["api", "refresh_token"])
    people = {role: await world.member(role) for role in Role}
    for role, person in people.items():
        public_key, _ = await world.admin.key(integration, label=f"{role}-prod", **LIMITED)
        before = (await world.admin.get(f"/v1/keys/{public_key}")).json()
        answer = await person.patch(
            f"/v1/keys/{public_key}", body | _own_label(body, role), if_match="*"
        )
        after = (await world.admin.get(f"/v1/keys/{public_key}")).json()
        if ROLE_PERMISSIONS[role] & needed:
            assert answer.status_code == 200, (role, answer.text)
            assert after["version"] == before["version"] + 1
        else:
            assert answer.status_code == 403, (role, answer.text)
            # Who may change nothing of a key is told so before the change is read.
            may_change = ROLE_PERMISSIONS[role] & NARROWS
            named = needed if may_change else WRITES
            told = answer.json()["detail"]
            assert any(permission in told for permission in named), (role, told)
            assert after == before


def _own_label(body: dict[str, Any], role: Role) -> dict[str, Any]:
    """A label for each role, since one may be had once."""
    return {"label": f"{role}-{body['label']}"} if "label" in body else {}
