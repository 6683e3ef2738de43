"""The address that clients know the service by, `KEYCONSOLE_PUBLIC_URL`."""

import re
from urllib.parse import urlsplit

from keyconsole.errors import ConfigurationError
from keyconsole.urls import is_loopback

VARIABLE = "KEYCONSOLE_PUBLIC_URL"
WELL_KNOWN = "/.well-known/oauth-authorization-server"

_LOOKS = "is an address such as https://keys.example.com"
_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?)(?::[0-9]{1,5})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def checked_public_url(text: str) -> str | None:
    """Return the URL without a slash at its end, or None for an empty text.

    It is the issuer of RFC 8414, so it is https (http on this machine) and has neither query nor
    fragment. Raises `ConfigurationError`, which does not repeat the URL: it may hold a password.
    """
    if not (url := text.strip()):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _refused(_LOOKS) from None
    if "@" in parts.netloc:
        raise _refused("holds no user name and no password: every client is told it")
    if "?" in url or "#" in url:
        raise _refused("has no query and no fragment")
    is_plain = url.isascii() and url.isprintable()  # urlsplit() drops line breaks
    is_host = _HOST.fullmatch(parts.netloc.lower())
    if parts.scheme not in ("http", "https") or not is_host or not is_plain:
        raise _refused(_LOOKS)
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused("is https, since clients send their secret there; http is for this machine")
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise _refused("has a path of letters, digits and . _ ~ - only, such as /keys")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def metadata_path(public_url: str) -> str:
    """Return where the metadata is: before the path of the URL (RFC 8414, section 3.1)."""
    return WELL_KNOWN + urlsplit(public_url).path


def metadata_url(public_url: str) -> str:
    """Return the whole address of the metadata."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}{metadata_path(public_url)}"


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(f"{VARIABLE} {what}.")
