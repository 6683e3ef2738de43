"""Labels that act on terminals, put into the database past every rule, stay words."""

from tests.terminal.conftest import LABELS, Machine, Stock

from keyconsole.core.credential import PUBLIC_KEY_PATTERN

ATTACKS = {
    "OSC 52, the clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "C1 OSC 52, and OSC 0, the title": "\x9d52;c;cm0gLXJmIH4=\x9c\x1b]0;pwned\x07",
    "asks for an answer, leaves the screen": "\x1b[6n\x1b[?1049l\x1b[2J\x9b31m\u202eab\x08\x08",
}


def test_a_stored_label_never_reaches_the_terminal_raw(machine: Machine, stock: Stock) -> None:
    with machine.database() as database, database:
        for label, attack in zip(LABELS, ATTACKS.values(), strict=True):
            database.execute(
                "UPDATE api_keys SET label = ? WHERE label = ?", (f"a{attack}z", label)
            )
        name = f"i{''.join(ATTACKS.values())}z"
        database.execute("UPDATE integrations SET name = ? WHERE name = 'HubSpot EU'", (name,))
    console = machine.console()
    console.wait_for("Salesforce Production", "<U+")

    console.press(":")
    console.wait_for("Go to")
    console.type(f"/oauth/{stock.integration.id}/api-keys\r")
    console.wait_for("kcp_", "<U+")
    console.press("3")
    console.wait_for("generated a key")
    console.press("2")
    console.wait_for("Public key", "<U+")
    for _ in ATTACKS:
        console.press("x")
        console.wait_for("Revoke this key?", "<U+")
        console.press("escape")
        console.wait_for("Public key", "n generate")
        console.press("enter")
        console.wait_for("<U+", "x revoke")
        console.press("escape")
        console.wait_for("Public key", "n generate")
        console.press("down")
    console.press("ctrl+q")
    assert console.read_to_the_end() == 0

    written = console.written
    assert written.count(b"\x1b[?1049l") == 1
    for raw in (
        "\x1b]52",
        "\x1b]0",
        "\x1b[6n",
        "\x1b[2J",
        "\x9b",
        "\x9c",
        "\x9d",
        "\u202e",
        "\x08",
    ):
        assert raw.encode() not in written, raw
    assert len(PUBLIC_KEY_PATTERN.findall(written.decode())) > len(ATTACKS)
