"""The addresses of the screens."""

import pytest

from keyconsole.console.routes import Place, Route, parse
from keyconsole.core.errors import UsageError

KEY = "kcp_7k2m4q9x0a1b2c3d"


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("/", Route(Place.INTEGRATIONS)),
        ("/oauth", Route(Place.INTEGRATIONS)),
        ("/oauth/", Route(Place.INTEGRATIONS)),
        ("  /oauth  ", Route(Place.INTEGRATIONS)),
        ("/oauth/int_1", Route(Place.INTEGRATION, "int_1", "overview")),
        ("/oauth/int_1/overview", Route(Place.INTEGRATION, "int_1", "overview")),
        ("/oauth/int_1/api-keys", Route(Place.INTEGRATION, "int_1", "api-keys")),
        ("/oauth/int_1/api-keys/", Route(Place.INTEGRATION, "int_1", "api-keys")),
        ("/oauth/int_1/activity", Route(Place.INTEGRATION, "int_1", "activity")),
        ("/api-keys", Route(Place.KEYS)),
        ("/api-keys?query=in%3ACRM", Route(Place.KEYS, query="in:CRM")),
        ("/api-keys/create", Route(Place.CREATE)),
        ("/api-keys/create?integration=int_1", Route(Place.CREATE, "int_1")),
        (f"/api-keys/{KEY}", Route(Place.KEY, public_key=KEY)),
        (KEY, Route(Place.KEY, public_key=KEY)),
        ("/audit", Route(Place.AUDIT)),
        ("/attention", Route(Place.ATTENTION)),
        ("/use", Route(Place.USE)),
        ("/oauth/int_1/use", Route(Place.USE, "int_1")),
        (f"/api-keys/{KEY}/use", Route(Place.USE, public_key=KEY)),
        (
            "/oauth/int_1/api-keys?query=expires%3A7d",
            Route(Place.INTEGRATION, "int_1", "api-keys", query="expires:7d"),
        ),
    ],
)
def test_an_address_names_a_screen(text: str, route: Route) -> None:
    assert parse(text) == route


@pytest.mark.parametrize(
    "text",
    [
        "/oauth",
        "/oauth/int_1",
        "/oauth/int_1/api-keys",
        "/oauth/int_1/activity",
        "/api-keys",
        "/api-keys?query=in%3ACRM",
        "/api-keys/create",
        "/api-keys/create?integration=int_1",
        f"/api-keys/{KEY}",
        "/audit",
        "/attention",
        "/use",
        "/oauth/int_1/use",
        f"/api-keys/{KEY}/use",
        "/oauth/int_1/api-keys?query=expires%3A7d",
    ],
)
def test_a_route_is_written_as_it_is_read(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "oauth",
        "/nowhere",
        "/oauth/int_1/secrets",
        "/oauth/../audit",
        "/oauth/int 1",
        f"/oauth/{'x' * 65}",
        "/api-keys/kcs_7k2m4q9x0a1b2c3d",
        "/api-keys/kcp_ILOU4q9x0a1b2c3d",
        "/api-keys/create?integration=../x",
        f"/api-keys/{KEY}/more",
        "kcp_short",
    ],
)
def test_any_other_text_is_told_what_there_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"no such place.*/oauth.*/audit"):
        parse(text)


def test_a_query_that_cannot_be_understood_is_said() -> None:
    with pytest.raises(UsageError, match="stauts: is no filter"):
        parse("/oauth/int_1/api-keys?query=stauts:active")
