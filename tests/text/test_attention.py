"""What needs attention, in words: each kind, one or many, and the line below the first list."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.console.styled_text import width
from keyconsole.console.widgets.attention_strip import line
from keyconsole.text import attention
from keyconsole.text.runs import plain
from keyconsole.wire import Attention, AttentionCount, AttentionItem, AttentionKind

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def an_item(kind: AttentionKind, *, keys: int = 1, capped: bool = False) -> AttentionItem:
    single = keys == 1
    return AttentionItem(
        id=f"{kind}-int_0000000000000000",
        kind=kind,
        urgency=kind.urgency,
        workspace_id="ws_1",
        integration_id="int_1",
        integration_name="Okta",
        public_key="kcp_0000000000000000" if single else None,
        label="api-gateway-prod" if single else None,
        keys=keys,
        capped=capped,
        times=12,
        address="203.0.113.66",
        agent="curl/8",
        at=NOW + timedelta(hours=5) * (-1 if kind.urgency == "now" else 1),
    )


def found(**counts: int) -> Attention:
    kinds = [AttentionKind(name) for name in counts]
    return Attention(
        counts=[
            AttentionCount(kind=kind, urgency=kind.urgency, keys=counts[kind], capped=False)
            for kind in kinds
        ],
        items=[an_item(kind, keys=counts[kind]) for kind in kinds],
    )


@pytest.mark.parametrize("kind", list(AttentionKind))
def test_every_kind_has_a_glyph_a_mark_and_a_sentence(kind: AttentionKind) -> None:
    item = an_item(kind)
    sentence = plain(attention.explain(item, NOW))
    assert "api-gateway-prod of Okta" in sentence
    assert sentence.endswith(".")
    assert attention.what(item)[0][0] == attention.SIGNS[kind][0][0]
    assert len(attention.mark(item, NOW)[0]) <= 11


def test_a_count_that_stopped_has_a_plus() -> None:
    item = an_item(AttentionKind.UNCONFIRMED, keys=1_000, capped=True)
    assert attention.about(item) == "1,000+ keys"
    assert attention.mark(item, NOW)[0] == "◌ 1,000+ to tidy"


@pytest.mark.parametrize("cells", range(52, 160, 9))
def test_the_line_has_the_worst_and_the_key_at_every_width(cells: int) -> None:
    some = found(new_source=1, expiring=14, due=1_000, unconfirmed=3)
    text = plain(line(some, cells))
    assert width(line(some, cells)) == cells
    assert text.startswith("▌ 1 needs you now   new source")
    assert text.endswith("! opens")
    assert ("3 to tidy" in text) == (cells >= 80)


def test_names_that_do_not_fit_are_counted() -> None:
    some = found(new_source=1, forged=1, refused=1)
    texts = {cells: plain(line(some, cells)) for cells in (60, 90, 150)}
    assert "new source api-gateway-prod +2 " in texts[60]
    assert "forged api-gateway-prod +1 " in texts[90]
    assert "refused api-gateway-prod  " in texts[150]


def test_without_anything_urgent_the_line_begins_with_what_is_left() -> None:
    assert plain(line(found(unconfirmed=3), 80)).startswith("▌ 3 to tidy   unconfirmed 3 keys ")
