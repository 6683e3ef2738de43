"""URLs: of a database, as it can be shown, and of this machine."""

import ipaddress
import re

# In the authority up to the last @, since people forget to encode it; and as a parameter.
_PASSWORD = re.compile(r"(://[^:/@?#]*:).*(?=@)|([?&](?:ssl)?password=)[^&#]*")


def without_password(database_url: str) -> str:
    """A database URL without its password."""
    return _PASSWORD.sub(lambda match: f"{match[1] or match[2]}…", database_url)


def is_loopback(host: str) -> bool:
    """Return whether a host name or an address is that of this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
