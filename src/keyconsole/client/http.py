"""The HTTP client: no settings of the environment, no redirects, no cookies."""

from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import httpx

from keyconsole import __version__
from keyconsole.client.connection import checked_proxy, trust, trust_nobody


def network(base_url: str, *, ca_file: Path | None, proxy: str | None) -> httpx.AsyncHTTPTransport:
    """Connections to the service, through `proxy` or none, whatever the environment says."""
    context = trust(ca_file) if base_url.startswith("https:") else trust_nobody()
    if proxy is None:
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    address = checked_proxy(proxy)
    between = httpx.Proxy(
        address, ssl_context=trust(ca_file) if address.startswith("https:") else None
    )
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, proxy=between)


def http_client(
    transport: httpx.AsyncBaseTransport, base_url: str, token: str
) -> httpx.AsyncClient:
    """Returns a client without redirects and without compression (a small body can unfold).

    No cookies: nothing here needs one, and one that is not ASCII would break every request.
    """
    return httpx.AsyncClient(
        transport=transport,
        base_url=f"{base_url}/",
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
            "User-Agent": f"keyconsole/{__version__}",
        },
        cookies=_NoCookies(),
        timeout=None,  # noqa: S113 - `Exchange` sets one deadline for the whole request
        trust_env=False,
        follow_redirects=False,
    )


class _NoCookies(CookieJar):
    def extract_cookies(self, response: Any, request: Any) -> None:
        """Keep none."""
