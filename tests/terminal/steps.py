"""What a person does at the console, step by step, each ending when its result is seen."""

import re
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.terminal.terminal import DEADLINE, Terminal

from keyconsole.core import credentialtext

FIELDS = {
    "Name": "Salesforce Production",
    "Provider": "salesforce",
    "Environment": "production",
    "Client ID": "3MVG9",
    "Redirect URI": "https://app.acme.example/oauth/callback",
    "Scopes": "api",
}
MASKED = "_•••"
TAKES_R = "R  revoke"
TAKES_ENTER = "↵  revoke"


def add_integration(console: Terminal, *, without: str | None = None) -> None:
    """Fill the form and send it, one field left empty if so wished."""
    console.press("n")
    console.wait_for("Add Integration")
    for title, text in FIELDS.items():
        if title != without:
            console.type(text)
            console.wait_for(text)
        console.press("tab")
    console.press("ctrl+s")


def create_key(console: Terminal, label: str) -> None:
    """From the integration's tab to the page that shows the value once."""
    console.press("n")
    console.wait_for("Save & Generate Key")
    console.type(label)
    console.wait_for(label)
    console.press("ctrl+s")
    console.wait_for("API Key Created", label, MASKED)


def show_value(console: Terminal) -> str:
    """Press `v` and read the value off the screen, as a person would."""
    console.press("v")
    console.wait_until(lambda: secret_on(console), "the value")
    secret = secret_on(console)
    assert secret is not None
    return secret


def lock_out(console: Terminal) -> None:
    """Answer that the last active key of an integration is meant, once that can be answered."""
    console.wait_for("It is the last active key", "R  revoke it all the same")
    console.press("R")


def secret_on(console: Terminal) -> str | None:
    """The value on the screen, where one can be read."""
    found = [known.text for known in credentialtext.find(console.screen)]
    return found[0] if found else None


def is_on_the_list(console: Terminal, *words: str) -> bool:
    """Whether a line of a list holds all of `words`."""
    return any(all(word in line for word in words) for line in console.lines)


def wait_for_row(console: Terminal, *words: str) -> None:
    console.wait_until(lambda: is_on_the_list(console, *words), f"a row with {words}")


def is_under_the_cursor(console: Terminal, label: str) -> bool:
    return any(re.match(rf"\s*[▌▸]\s*{re.escape(label)}\b", line) for line in console.lines)


class Answer(NamedTuple):
    """What a gateway is told."""

    status: int
    reason: str | None
    public_key: str | None


def present(url: str, secret: str) -> Answer:
    """Ask the service as a gateway would whether a key may pass."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=DEADLINE)
    try:
        connection.request("GET", "/v1/forward-auth", headers={"Authorization": f"Bearer {secret}"})
        answer = connection.getresponse()
        answer.read()
        return Answer(
            answer.status, answer.getheader("X-Auth-Reason"), answer.getheader("X-Key-Id")
        )
    finally:
        connection.close()
