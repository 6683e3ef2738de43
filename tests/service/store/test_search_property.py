"""Whatever labels there are and whatever text is looked for, the list is what reading all finds."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.service.world import World

from keyconsole.core import credential, safetext
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.store import accounts, integrations, key_pages, keys
from keyconsole.service.store.integrations import IntegrationRecord
from keyconsole.service.store.key_pages import KeySort, Position
from keyconsole.service.store.selection import KeyScope

_numbers = itertools.count()
_texts = st.text("abß%_支é\\'\" 7", min_size=1, max_size=12)


@dataclass(frozen=True)
class Made:
    """A key as this test knows it."""

    pid: str
    label: str
    created_at: int
    last_used_at: int

    def place(self, order: KeySort) -> tuple[str | int, str]:
        name = order.removeprefix("-")
        value = safetext.skeleton(self.label) if name == "label" else getattr(self, name)
        return value, self.pid


async def workspace_of(
    world: World, labels: Sequence[str], chance: random.Random
) -> tuple[str, list[Made]]:
    """The id of a new workspace, and its keys, which have these labels."""
    number = next(_numbers)
    workspace, place = f"ws_{number}", f"int_{number}"
    made = [
        Made(credential.new_pid(), label, chance.randrange(5), used)
        for label in labels
        for used in [chance.randrange(3)]
    ]
    async with world.runtime.store.write() as tx:
        await accounts.add_workspace(tx, workspace, workspace, workspace, 0)
        record = dict.fromkeys(
            ("provider", "environment", "client_id", "redirect_uri", "scopes", "disabled_at")
        )
        await integrations.add(
            tx,
            IntegrationRecord(
                id=place, workspace_id=workspace, name="a", name_skeleton="a", created_at=0,
                created_by="ops", updated_at=0, **record,
            ),
        )  # fmt: skip
        await keys.add_all(
            tx,
            [
                {
                    "pid": key.pid,
                    "integration_id": place,
                    "workspace_id": workspace,
                    "root_id": "rk",
                    "verifier": b"",
                    "label": key.label,
                    "label_skeleton": safetext.skeleton(key.label),
                    "created_at": key.created_at,
                    "created_by": "ops",
                    "version": 1,
                    "last_used_at": key.last_used_at,
                }
                for key in made
            ],
        )
    return workspace, made


def matches(key: Made, text: str) -> bool:
    part = KeyScope(workspaces=[], now=0, query=KeyQuery(text=text)).pid_part
    named = part is not None and (key.pid.startswith(part) or key.pid.endswith(part))
    return text in safetext.skeleton(key.label) or named


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    labels=st.lists(_texts.filter(str.strip), min_size=1, max_size=25),
    others=st.lists(_texts.filter(str.strip), min_size=1, max_size=5),
    text=_texts.filter(str.strip),
    order=st.sampled_from(KeySort),
    limit=st.integers(1, 9),
    cap=st.sampled_from([3, 8, 10_000]),
    seed=st.integers(0, 2**32),
)
async def test_a_list_is_what_reading_everything_finds_in_the_order_that_it_says(
    world: World,
    labels: list[str],
    others: list[str],
    text: str,
    order: KeySort,
    limit: int,
    cap: int,
    seed: int,
) -> None:
    chance = random.Random(seed)
    if chance.random() < 0.5:  # a part of a label that is there
        label = chance.choice(labels)
        text = label[chance.randrange(len(label)) :].strip() or text
    ours = await workspace_of(world, labels, chance)
    theirs = await workspace_of(world, [*others, *labels], chance)
    listed = [ours, theirs] if chance.random() < 0.3 else [ours]
    folded = safetext.skeleton(text)
    which = KeyScope(
        workspaces=[workspace for workspace, _ in listed], now=10, query=KeyQuery(text=text)
    )
    found: list[str] = []
    after: Position | None = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_pages, "CAP", cap)
        patch.setattr(key_pages, "GLANCE", chance.choice([1, 1_000]))
        async with world.runtime.store.read() as tx:  # which has no limit of time
            while True:
                page = await key_pages.page(tx, which, order, limit, after)
                assert len(page.rows) <= limit
                found += [key.pid for key, _ in page.rows]
                after = page.next
                if after is None:
                    break
    found_in = [[key for key in made if matches(key, folded)] for _, made in listed]
    assert page.capped or max(map(len, found_in)) <= cap
    assert not page.capped or max(len(made) for _, made in listed) > cap
    expected = [key for keys_ in found_in for key in keys_]
    assert page.order == (KeySort.CREATED_DESCENDING if page.capped else order)
    expected.sort(key=lambda key: key.place(page.order), reverse=page.order.startswith("-"))
    assert found == [key.pid for key in expected]
