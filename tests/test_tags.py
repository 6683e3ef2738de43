"""Tags as people write them are read as the same tags, and what is none is named."""

import pytest

from keyconsole.core import tags
from keyconsole.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("team=pay", {"team": "pay"}),
        ("team=pay, cost=12", {"team": "pay", "cost": "12"}),
        ('note="for ""the"" audit"  a=b=c', {"note": 'for "the" audit', "a": "b=c"}),
        ('"cost center"="x,"', {"cost center": "x,"}),
        ("a=b,c", {"a": "b,c"}),
    ],
)
def test_tags_are_names_with_values(text: str, found: dict[str, str]) -> None:
    assert tags.typed(text) == found
    assert tags.typed(tags.written(found)) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("team", "A tag is name=value, and team is none."),
        ("=pay", "and =pay is none"),
        ("team=", "team has no value"),
        ("a=1 a=2", "a is there twice"),
        ('a="b c', 'and a="b is none'),
    ],
)
def test_what_is_no_tag_is_named(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        tags.typed(text)
