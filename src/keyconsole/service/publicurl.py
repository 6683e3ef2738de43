"""The address that clients know the service by, `KEYCONSOLE_PUBLIC_URL`."""

import re
from urllib.parse import urlsplit

from keyconsole.core.credentialtext import redact
from keyconsole.core.errors import ConfigurationError
from keyconsole.core.safetext import show
from keyconsole.core.urls import is_loopback

VARIABLE = "KEYCONSOLE_PUBLIC_URL"
WELL_KNOWN = "/.well-known/oauth-authorization-server"

_SCHEME = "begins with https://, such as https://keys.example.com"
_LOOKS = "is an address such as https://keys.example.com"
_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?)(?::[0-9]{1,5})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def checked_public_url(text: str) -> str | None:
    """Returns the URL without a slash at its end, or None for an empty text.

    It is the issuer of RFC 8414, so it is https (http on this machine) and has neither query nor
    fragment. Raises `ConfigurationError`, which quotes the URL without user name, password, query
    and fragment.
    """
    if not (url := text.strip()):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _refused(_LOOKS, url) from None
    if "@" in parts.netloc:
        raise _refused("holds no user name and no password: every client is told it", url)
    if "?" in url or "#" in url:
        raise _refused("has no query and no fragment", url)
    is_plain = url.isascii() and url.isprintable()  # urlsplit() drops line breaks
    is_host = _HOST.fullmatch(parts.netloc.lower())
    if parts.scheme not in ("http", "https"):
        raise _refused(_SCHEME, url)
    if not is_host or not is_plain:
        raise _refused(_LOOKS, url)
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused(
            "is https, since clients send their secret there; http is for this machine", url
        )
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise _refused("has a path of letters, digits and . _ ~ - only, such as /keys", url)
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def metadata_path(public_url: str) -> str:
    """Returns where the metadata is: before the path of the URL (RFC 8414, section 3.1)."""
    return WELL_KNOWN + urlsplit(public_url).path


def metadata_url(public_url: str) -> str:
    """Returns the whole address of the metadata."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}{metadata_path(public_url)}"


def _refused(what: str, url: str) -> ConfigurationError:
    return ConfigurationError(f"{VARIABLE} {what}. It is set to: {_quotable(url)}")


def _quotable(url: str) -> str:
    """Returns the URL as it can be shown: a user name, a password or a query may be secret."""
    scheme, separator, _ = url.partition("://")
    before, at, after = url.rpartition("@")
    hidden = f"{scheme if before and separator else ''}{separator}…@{after}" if at else url
    return show(redact(re.split("[?#]", hidden)[0]))
