"""The addresses of the screens, the same as the web product's, so a runbook can name one. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit

from keyconsole.core.errors import UsageError
from keyconsole.core.queries.events import EventFilter
from keyconsole.core.queries.keys import KeyQuery

_ID = r"[A-Za-z0-9_-]{1,64}"
_INTEGRATION = re.compile(rf"/oauth/({_ID})(?:/(overview|api-keys|activity|use))?")
_KEY = re.compile(r"/api-keys/(kcp_[0-9a-hjkmnp-tv-z]{16})(/rotation|/use)?")
_MEMBERS = re.compile(rf"/members(?:/({_ID})(?:/({_ID}))?)?")
_PUBLIC_KEY = re.compile(r"kcp_[0-9a-hjkmnp-tv-z]{16}")


class Place(StrEnum):
    """Which screen a route names."""

    INTEGRATIONS = "integrations"
    INTEGRATION = "integration"
    KEYS = "keys"
    CREATE = "create"
    KEY = "key"
    AUDIT = "audit"
    WATCH = "watch"
    ROTATION = "rotation"
    ROTATIONS = "rotations"
    REPORT = "report"
    MEMBERS = "members"
    INVITATIONS = "invitations"
    ATTENTION = "attention"
    USE = "use"


_PLAIN = {
    "/": Place.INTEGRATIONS,
    "/oauth": Place.INTEGRATIONS,
    "/attention": Place.ATTENTION,
    "/audit": Place.AUDIT,
    "/refusals": Place.WATCH,
    "/api-keys/rotations": Place.ROTATIONS,
    "/reports": Place.REPORT,
    "/invitations": Place.INVITATIONS,
    "/use": Place.USE,
}
"""The routes that name nothing but a screen."""
_PATHS = {place: path for path, place in _PLAIN.items()}


@dataclass(frozen=True, slots=True)
class Route:
    """A screen and what it shows. `tab` is `overview`, `api-keys` or `activity`.

    `query` is that of the keys, of an integration or of all, or of events.
    """

    place: Place
    integration: str | None = None
    tab: str = "api-keys"
    public_key: str | None = None
    account: str | None = None
    token: str | None = None
    query: str = ""

    def __str__(self) -> str:
        asked = f"?{urlencode({'query': self.query})}" if self.query else ""
        match self.place:
            case Place.INTEGRATION:
                tail = "" if self.tab == "overview" else f"/{self.tab}"
                return f"/oauth/{self.integration}{tail}{asked}"
            case Place.KEYS:
                return f"/api-keys{asked}"
            case Place.CREATE:
                query = f"?integration={self.integration}" if self.integration else ""
                return f"/api-keys/create{query}"
            case Place.KEY:
                return f"/api-keys/{self.public_key}"
            case Place.ROTATION:
                return f"/api-keys/{self.public_key}/rotation"
            case Place.USE if self.public_key:
                return f"/api-keys/{self.public_key}/use"
            case Place.USE if self.integration:
                return f"/oauth/{self.integration}/use"
            case Place.MEMBERS:
                return "/".join(filter(None, ("/members", self.account, self.token)))
            case Place.AUDIT:
                return f"/audit{asked}"
            case _:
                return _PATHS[self.place]


def above_key(integration: str, public_key: str | None = None) -> list[Route]:
    """Returns the routes of the path above a key: all integrations, its own, and its keys."""
    overview = Route(Place.INTEGRATION, integration, "overview")
    keys = Route(Place.INTEGRATION, integration, public_key=public_key)
    return [Route(Place.INTEGRATIONS), overview, keys]


def above_token(account: str) -> list[Route]:
    """Returns the routes of the path above a token of a member."""
    return [Route(Place.INTEGRATIONS), Route(Place.MEMBERS), Route(Place.MEMBERS, account=account)]


def _filtered(path: str, query: str) -> Route | None:
    """Returns the route of a list with its query; None for the path of anything else."""
    if path == _PATHS[Place.AUDIT]:
        EventFilter.parse(query, datetime.now(UTC))
        return Route(Place.AUDIT, query=query)
    if path == "/api-keys":
        KeyQuery.parse(query)
        return Route(Place.KEYS, query=query)
    return None


def parse(text: str) -> Route:
    """The route that `text` names; a bare public key names its own page.

    Raises `UsageError` with a sentence that lists what there is, or says what is wrong in a query.
    """
    text = text.strip()
    if _PUBLIC_KEY.fullmatch(text):
        return Route(Place.KEY, public_key=text)
    parts = urlsplit(text)
    path = parts.path.rstrip("/") or "/"
    query = parse_qs(parts.query).get("query", [""])[0]
    if (filtered := _filtered(path, query)) is not None:
        return filtered
    if (place := _PLAIN.get(path)) is not None:
        return Route(place)
    if path == "/api-keys/create":
        integration = parse_qs(parts.query).get("integration", [None])[0]
        if integration is None or re.fullmatch(_ID, integration):
            return Route(Place.CREATE, integration=integration)
    if match := _INTEGRATION.fullmatch(path):
        if match[2] == "use":
            return Route(Place.USE, match[1])
        query = query if match[2] == "api-keys" else ""
        KeyQuery.parse(query)
        return Route(Place.INTEGRATION, match[1], match[2] or "overview", query=query)
    if match := _MEMBERS.fullmatch(path):
        return Route(Place.MEMBERS, account=match[1], token=match[2])
    if match := _KEY.fullmatch(path):
        places = {"/rotation": Place.ROTATION, "/use": Place.USE}
        return Route(places.get(match[2], Place.KEY), public_key=match[1])
    raise UsageError(
        "There is no such place. Places are /oauth, /oauth/int_…, /oauth/int_…/api-keys, "
        "/api-keys, /api-keys/create, /api-keys/kcp_…, /api-keys/kcp_…/rotation, "
        "/api-keys/rotations, /attention, /refusals, /members, /invitations, /reports, /use and "
        "/audit. Keys and integrations have their /use, too."
    )
