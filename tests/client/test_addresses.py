"""Addresses end up in logs, so no credential ever becomes part of one."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.support import KEY, TOKEN

from keyconsole.client.addresses import Parameter, address, without_secrets
from keyconsole.core.credential import CREDENTIAL_PATTERN
from keyconsole.core.errors import NotFoundError
from keyconsole.wire import KeyStatus


def test_parameters_that_are_none_are_left_out() -> None:
    query: dict[str, Parameter | None] = {
        "q": "a b&c",
        "status": KeyStatus.ACTIVE,
        "confirmed": False,
        "cursor": None,
    }

    assert address("keys", query=query) == "v1/keys?q=a+b%26c&status=active&confirmed=false"


def test_a_parameter_with_several_values_is_there_several_times() -> None:
    asked = address("tokens", query={"status": ("active", "expired"), "limit": 5})
    assert asked == "v1/tokens?status=active&status=expired&limit=5"


def test_without_parameters_there_is_no_query() -> None:
    assert address("integrations", "int_1", "keys") == "v1/integrations/int_1/keys"


@pytest.mark.parametrize("segment", ["..", ".", "", "a/b", "a?b", "a%2fb", "é", "a\n", "x" * 200])
def test_what_cannot_be_an_id_asks_for_nothing(segment: str) -> None:
    with pytest.raises(NotFoundError):
        address("keys", segment)


@pytest.mark.parametrize("secret", [KEY.text, TOKEN, f"{KEY.text[:-1]}0"])
def test_a_whole_credential_goes_out_as_its_public_key(secret: str) -> None:
    public_key = f"kcp_{secret[4:20]}"

    assert address("keys", secret) == f"v1/keys/{public_key}"
    assert address("keys", query={"q": f" {secret}"}) == f"v1/keys?q=+{public_key}"


def test_a_credential_within_the_end_of_another_is_taken_out_too() -> None:
    nested = f"{KEY.text[:-3]}{KEY.text}"

    assert KEY.text[21:60] not in without_secrets(nested)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_query_ever_holds_a_credential(before: str, after: str) -> None:
    built = address("keys", query={"q": f"{before}{KEY.text}{after}"})

    assert CREDENTIAL_PATTERN.search(built) is None
    assert KEY.text not in parse_qs(urlsplit(built).query)["q"][0]
