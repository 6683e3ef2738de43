"""After any order of edits a key may be used for what it carries and its integration has."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.service.world import World, a_world, fresh_nonce

EVERY = ["orders.read", "orders.write", "refunds", "reports", "admin"]
some = st.lists(st.sampled_from(EVERY), min_size=1, unique=True)
some_or_all = st.none() | some
EXAMPLES, STEPS = 8, 10


@dataclass
class Held:
    """A key as it has to be."""

    public_key: str
    secret: str
    carried: list[str] | None


@dataclass
class Site:
    """A service that answers a test that is not asynchronous itself."""

    runner: asyncio.Runner
    world: World

    def send(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"if-match": "*", "idempotency-key": fresh_nonce()}
        asked = self.world.admin.http.request(method, path, json=body, headers=headers)
        return self.runner.run(asked)

    def demand(self, secret: str, scope: str) -> int:
        headers = {"authorization": f"Bearer {secret}"}
        asked = self.world.gateway.get(f"/v1/forward-auth?scope={scope}", headers=headers)
        return int(self.runner.run(asked).status_code)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with asyncio.Runner() as runner:
        opened = AsyncExitStack()
        yield Site(runner, runner.run(opened.enter_async_context(a_world(tmp_path / "data"))))
        runner.run(opened.aclose())


class Scopes(RuleBasedStateMachine):
    """Keys of an integration whose scopes are edited in any order, and what has to hold then."""

    keys = Bundle("keys")

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site
        self.integration = self.site.runner.run(
            self.site.world.admin.integration(f"Shop {fresh_nonce()}", scopes=EVERY)
        )
        self.granted = list(EVERY)
        self.held: list[Held] = []

    def refused(self, scopes: list[str] | None, *known: str) -> bool:
        return scopes is not None and not set(scopes) <= {*self.granted, *known}

    def kept(self, answer: Any, carried: list[str] | None) -> Held:
        assert answer.status_code == 201, answer.text
        key = Held(answer.json()["key"]["public_key"], answer.json()["secret"], carried)
        self.held.append(key)
        return key

    @initialize(target=keys, scopes=some_or_all)
    def begin(self, scopes: list[str] | None) -> Held:
        return self.make(scopes)

    def make(self, scopes: list[str] | None) -> Held:
        body = {"label": fresh_nonce(), "scopes": scopes}
        return self.kept(
            self.site.send("POST", f"/v1/integrations/{self.integration}/keys", body), scopes
        )

    @rule(scopes=some_or_all)
    def create(self, scopes: list[str] | None) -> None:
        if self.refused(scopes):
            body = {"label": fresh_nonce(), "scopes": scopes}
            path = f"/v1/integrations/{self.integration}/keys"
            assert self.site.send("POST", path, body).status_code == 422
        else:
            self.make(scopes)

    @rule(key=keys, scopes=some_or_all)
    def change_key(self, key: Held, scopes: list[str] | None) -> None:
        answer = self.site.send("PATCH", f"/v1/keys/{key.public_key}", {"scopes": scopes})
        if self.refused(scopes, *(key.carried or ())):
            assert answer.status_code == 422, answer.text
        else:
            assert answer.status_code == 200, answer.text
            key.carried = scopes

    @rule(scopes=some)
    def change_integration(self, scopes: list[str]) -> None:
        path = f"/v1/integrations/{self.integration}"
        assert self.site.send("PATCH", path, {"scopes": scopes}).status_code == 200
        self.granted = scopes

    @rule(target=keys, key=keys)
    def replace_key(self, key: Held) -> Held:
        answer = self.site.send("POST", f"/v1/keys/{key.public_key}/rotation", {})
        if answer.status_code == 409:  # one that is being replaced
            return key
        return self.kept(answer, key.carried)

    @invariant()
    def what_both_have_counts(self) -> None:
        for key in self.held:
            carried = EVERY if key.carried is None else key.carried
            counts = {*carried} & {*self.granted}
            shown = self.site.send("GET", f"/v1/keys/{key.public_key}").json()
            assert set(shown["effective_scopes"]) == counts
            assert shown["scopes"] == key.carried
            for scope in EVERY:
                expected = 200 if scope in counts else 403
                assert self.site.demand(key.secret, scope) == expected, (scope, key)


def test_what_counts_is_what_both_have_whatever_was_edited(site: Site, is_full: bool) -> None:
    class AtSite(Scopes):
        def __init__(self) -> None:
            super().__init__(site)

    run_state_machine_as_test(
        AtSite,
        settings=settings(
            max_examples=EXAMPLES * (50 if is_full else 1), stateful_step_count=STEPS, deadline=None
        ),
    )
