"""Labels in words: how a look-alike is spelled, and what a better name would be."""

import pytest

from keyconsole.core import labels
from keyconsole.text.labels import marked, spelled
from keyconsole.text.runs import plain

CYRILLIC = "api-g\u0430teway-prod"
KNOWN = ("prd", "production", "stg")


@pytest.mark.parametrize(
    ("label", "like", "odd", "told"),
    [
        (CYRILLIC, "api-gateway-prod", ["\u0430"],
         "It has Cyrillic small letter a for small a."),
        ("api-gateway-prod", CYRILLIC, ["a"], "It has small a for Cyrillic small letter a."),
        ("crm-pr0d", "crm-prod", ["0"], "It has digit zero for small o."),
        ("crm prod", "crm-prod", [" "], "It has space for hyphen-minus."),
        ("crm--prod", "crm-prod", ["-"], "It has hyphen-minus for nothing."),
        ("bam-prod", "barn-prod", ["m"], "It has small m for “rn”."),
        ("aXbXcXdX", "axbxcxdx", ["X"] * 4,
         "It has capital X for small x, capital X for small x, capital X for small x, and 1 more."),
    ],
)  # fmt: skip
def test_the_odd_letters_of_a_look_alike_are_marked_and_named(
    label: str, like: str, odd: list[str], told: str
) -> None:
    line = marked(label, like)

    assert plain(line) == label
    assert [text for text, roles in line if "underline" in roles] == odd
    assert spelled(label, like) == told


@pytest.mark.parametrize(
    ("environment", "known", "word"),
    [
        ("production", KNOWN, "production"),
        ("live", KNOWN, "prd"),
        ("staging", KNOWN, "stg"),
        ("production", ("prd", "stg"), "prd"),
        ("sandbox", KNOWN, "sandbox"),
        (None, KNOWN, "prd"),
        (None, (), "prod"),
    ],
)
def test_an_environment_is_called_as_the_workspace_calls_it(
    environment: str | None, known: tuple[str, ...], word: str
) -> None:
    assert labels.environment_word(environment, known) == word


@pytest.mark.parametrize(
    ("label", "better"),
    [
        ("test", "api-gateway-prd"),
        ("Billing Worker", "billing-worker-prd"),
        ("crm-sync-staging", "crm-sync-prd"),
        ("crm_prd", "crm-prd"),
        ("p\u0430yroll", "payroll-prd"),
    ],
)
def test_a_better_label_keeps_the_system_and_names_the_environment(label: str, better: str) -> None:
    assert labels.suggestion(label, "prd") == better
