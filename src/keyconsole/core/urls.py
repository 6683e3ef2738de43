"""URLs: of a database, as it can be shown, and of this machine."""

import ipaddress
import re
from urllib.parse import unquote

# In the authority up to the last @, since people forget to encode it.
_SIGNED_IN = re.compile(r"(://[^:/@?#]*:).*(?=@)", re.DOTALL)
# Where the host is missing, what stands in the place of its port.
_NO_PORT = re.compile(r"(://(?:\[[^\]]*\]|[^/@?:\[])*:)(?!\d*(?:[,/?]|$))[^@]*$", re.DOTALL)
_PARAMETER = re.compile(r"(?<=[?&])([^=&]*=)[^&]*")
_SECRETS = ("password", "sslpassword", "oauth_client_secret")


def without_password(database_url: str) -> str:
    """Returns a database URL without its passwords."""
    shown = _SIGNED_IN.sub(r"\1…", database_url)
    shown = _NO_PORT.sub(r"\1…", shown)
    return _PARAMETER.sub(_hidden, shown)


def is_loopback(host: str) -> bool:
    """Returns true if a host name or an address is that of this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hidden(match: re.Match[str]) -> str:
    name = unquote(match[1].removesuffix("=")).strip().lower()
    return f"{match[1]}…" if name in _SECRETS else match[0]
