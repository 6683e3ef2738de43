"""The rules for single fields, each a sentence that belongs at the field."""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from keyconsole.core import accounts, safetext
from keyconsole.core.credentialtext import redact
from keyconsole.core.errors import FieldProblem, problem
from keyconsole.core.networks import Network, unmapped
from keyconsole.service.clock import milliseconds
from keyconsole.wire import LATEST
from keyconsole.wire import fields as limits

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class FieldErrors:
    """Collects what is wrong with a request, field by field, and raises it all at once."""

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def add(self, field: str, code: str, message: str) -> None:
        """Adds a problem of a field."""
        self._problems.append(FieldProblem(field, code, message))

    def name(self, field: str, value: str | None, what: str) -> str:
        """Returns a label or a name, normalized."""
        if value is None:
            self.add(field, "required", f"{what} is needed.")
            return ""
        if found := safetext.name_problem(value, what):
            self.add(field, found.code, found.message)
        return safetext.normalize(value)

    def optional_name(self, field: str, value: str | None, what: str) -> str | None:
        """Returns a name, or None for a missing or empty one."""
        if value is None or not safetext.normalize(value):
            return None
        return self.name(field, value, what)

    def email(self, field: str, value: str) -> str:
        """Returns the address that an account is named by, as `core.accounts` has it."""
        if found := accounts.address_problem(value):
            self.add(field, found.code, found.message)
        return accounts.account_address(value)

    def text(self, field: str, value: str | None, limit: int, what: str) -> str | None:
        """Returns a text of several words, or None: no credential, no unsafe characters."""
        if value is None or not safetext.normalize(value):
            return None
        text = safetext.normalize(value)
        if found := safetext.credential_problem(text, what):
            self.add(field, found.code, found.message)
        elif len(text) > limit:
            self.add(field, "too-long", f"{what} has at most {limit} characters.")
        elif character := safetext.unsafe_character(text):
            self.add(
                field,
                "forbidden-character",
                f"{what} cannot contain {safetext.name_of(character)}.",
            )
        return text

    def note(self, value: str | None) -> str | None:
        """Returns a note, without what may be the secret half of a key."""
        text = self.text("note", value, limits.MAX_NOTE, "A note")
        return None if text is None else redact(text)

    def redirect_uri(self, value: str | None) -> str | None:
        """Returns an absolute https URL, or http on this machine (RFC 8252, section 7.3).

        It is shown to everybody, so it holds no user name and no password.
        """
        text = self.text("redirect_uri", value, limits.MAX_VALUE, "A redirect URI")
        if text is None:
            return None
        try:
            url = urlsplit(text)
            host, _port = url.hostname, url.port
        except ValueError:
            host, url = None, urlsplit("")
        secure = url.scheme == "https" or (url.scheme == "http" and host in _LOOPBACK)
        if not host or not secure or url.fragment or " " in text:
            self.add(
                "redirect_uri",
                "redirect-uri",
                "A redirect URI is absolute, https (or http on this machine), without a fragment.",
            )
        elif url.username is not None or url.password is not None:
            self.add(
                "redirect_uri",
                "redirect-uri",
                "A redirect URI holds no user name and no password: it is stored and shown.",
            )
        return text

    def scopes(self, value: Sequence[str] | None) -> list[str] | None:
        """Returns the scopes, each once, in the order given; None for none."""
        if not value:
            return None
        if len(value) > limits.MAX_SCOPES:
            self.add("scopes", "too-many", f"At most {limits.MAX_SCOPES} scopes.")
            return None
        named = [
            self.name(f"scopes.{position}", each, "A scope") for position, each in enumerate(value)
        ]
        for position, each in enumerate(named):
            if " " in each:
                self.add(f"scopes.{position}", "scope", "A scope has no spaces.")
        return list(dict.fromkeys(named))

    def allowed_ips(self, value: Sequence[str] | None) -> list[str] | None:
        """Addresses and networks, as Python writes them; IPv4 that was mapped into IPv6 as IPv4."""
        if not value:
            return None
        if len(value) > limits.MAX_ADDRESSES:
            self.add("allowed_ips", "too-many", f"At most {limits.MAX_ADDRESSES} addresses.")
            return None
        networks = []
        for position, each in enumerate(value):
            network = _network(each.strip())
            if network is None:
                self.add(
                    f"allowed_ips.{position}",
                    "address",
                    "An address or a network, such as 10.1.4.7 or 10.1.0.0/16.",
                )
                continue
            single = network.num_addresses == 1
            networks.append(str(network.network_address if single else network))
        return list(dict.fromkeys(networks))

    def metadata(self, value: Mapping[str, str] | None) -> dict[str, str] | None:
        """Returns the entries of metadata; None for none."""
        if not value:
            return None
        if len(value) > limits.MAX_METADATA:
            self.add("metadata", "too-many", f"At most {limits.MAX_METADATA} entries.")
            return None
        before = len(self._problems)
        named = {
            self.name("metadata", name, "The name of a metadata entry"): (
                self.text("metadata", text, limits.MAX_VALUE, "A metadata entry") or ""
            )
            for name, text in value.items()
        }
        together = "\n".join(value.values())  # a value may be cut in two
        if before == len(self._problems) and (
            found := safetext.credential_problem(together, "Metadata")
        ):
            self.add("metadata", found.code, found.message)
        return named

    def future(self, field: str, value: datetime | None, now: int) -> int | None:
        """Returns a time in milliseconds that is still to come, and that every answer can hold."""
        if value is None:
            return None
        when = milliseconds(value)
        if when <= now:
            self.add(field, "in-the-past", "This time has passed already.")
        elif value > LATEST:
            self.add(field, "too-late", f"The last time there can be is in the year {LATEST.year}.")
        return when

    def rotation_age(self, field: str, value: int | None) -> int | None:
        """Returns the age in days at which keys are due, up to ten years; None is no limit."""
        bounds = 1, limits.MAX_DAYS, "days", "The rotation age"
        return None if value is None else self.number(field, value, *bounds)

    def number(self, field: str, value: int, least: int, most: int, unit: str, what: str) -> int:
        """Returns a whole number within bounds."""
        if not least <= value <= most:
            self.add(field, "out-of-range", f"{what} is from {least:,} to {most:,} {unit}.")
        return value

    def raise_if_any(self) -> None:
        """Raises `request-invalid` if anything is wrong."""
        if self._problems:
            raise problem("request-invalid", self._problems[0].message, fields=self._problems)


def _network(text: str) -> Network | None:
    """Returns the network in `text`, or None. A scope id is refused: it may be any text."""
    if len(text) > limits.MAX_ADDRESS or "%" in text:
        return None
    try:
        return unmapped(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return None
