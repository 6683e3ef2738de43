"""Every command: done, not permitted, not found, unreachable; exit code and both streams."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import httpx
import pytest
from tests.cli.conftest import SALESFORCE, Known, Run

from keyconsole.cli.root import keyconsole
from keyconsole.client import KeyServiceClient
from keyconsole.core.errors import ServiceUnreachableError

STRANGER = "kcp_0000000000000000"

READING = [
    ["integrations", "list"],
    ["integrations", "show", "{integration}"],
    ["integrations", "usage", "{integration}"],
    ["keys", "list"],
    ["keys", "show", "{public_key}"],
    ["keys", "usage", "{public_key}"],
    ["keys", "identify", "{public_key}"],
    ["keys", "receipt", "{revoked_key}"],
    ["audit", "list"],
    ["audit", "verify"],
]
CHANGING = [
    ["integrations", "create", "NetSuite"],
    ["integrations", "edit", "{integration}", "--environment", "staging"],
    ["integrations", "disable", "{integration}", "--yes"],
    ["integrations", "enable", "{integration}"],
    ["keys", "create", "{integration}", "--label", "cron-worker"],
    ["keys", "rename", "{public_key}", "gateway"],
    ["keys", "expiry", "{public_key}", "90d"],
    ["keys", "allow", "{public_key}", "10.1.0.0/16"],
    ["keys", "scopes", "{public_key}", "api"],
    ["keys", "tag", "{public_key}", "team=pay"],
    ["keys", "owner", "{public_key}", "payments"],
    ["keys", "limits", "{public_key}", "--rate", "100/60s"],
    ["keys", "review", "{public_key}", "--finding", "generic"],
    ["keys", "revoke", "{public_key}", "--yes", "--reason", "superseded"],
    ["keys", "disable", "{public_key}"],
    ["keys", "enable", "{public_key}"],
]
# What these do well is in files of their own beside this one; how they fail is here.
BESIDE = [
    ["attention"],
    ["attention", "dismiss", "due-{integration}"],
    ["audit", "export", "-", "--format", "jsonl"],
    ["report", "keys"],
    ["keys", "refusals"],
    ["keys", "hand-over", "ops", "payments"],
    ["keys", "audit"],
    ["keys", "rotations"],
    ["keys", "rotation", "{public_key}"],
    ["keys", "rotate", "{public_key}"],
    ["keys", "revoke-many", "--label", "api-*", "--yes", "--expect", "1"],
    ["members", "list"],
    ["members", "add", "new@acme.example", "--role", "viewer"],
    ["members", "role", "viewer@acme.example", "operator"],
    ["members", "remove", "viewer@acme.example", "--yes"],
    ["policy", "set", "--warning", "30"],
    ["tokens", "list"],
    ["tokens", "create", "viewer@acme.example"],
    ["tokens", "revoke", "tok_0000000000000000", "--yes"],
]
# Whoever is signed in may ask for it.
OPEN_TO_ALL = [["policy", "show"], ["invitations", "list"]]
# Only whoever is invited has one to answer.
OWN = [
    ["invitations", "accept", "inv_0000000000000000"],
    ["invitations", "decline", "inv_0000000000000000"],
]
EVERY = [*READING, *CHANGING, *BESIDE, *OPEN_TO_ALL, *OWN]

ELSEWHERE = {
    "",  # the console itself: tests/terminal
    "open",
    "demo",
    "completion",
    "info",
    "scan",
    "login",
    "logout",
    "profiles",
    "profiles default",
    "profiles remove",
    "service accept-clock",
    "service accept-history",
    "service backup",
    "service check",
    "service ready",
    "service init",
    "service restore",
    "service rotate-root",
    "service run",
}
"""What asks no service for anything, or has a file of its own beside this one."""


def leaves(command: click.Command, *path: str) -> Iterator[str]:
    """Every command that can be run, by its words."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from leaves(child, *path, name)
        if not command.invoke_without_command:
            return
    yield " ".join(path)


def name_of(command: list[str]) -> str:
    return "-".join(command[:2])


def filled(command: list[str], known: Known) -> list[str]:
    return [
        word.format(
            integration=known.integration,
            public_key=known.public_key,
            revoked_key=known.revoked_key,
        )
        for word in command
    ]


def test_no_command_is_left_out() -> None:
    here = {" ".join(command[:2]) for command in EVERY}

    assert here | ELSEWHERE == set(leaves(keyconsole))


@pytest.mark.parametrize("command", READING + CHANGING, ids=name_of)
def test_it_is_done_here_and_elsewhere(
    command: list[str], anywhere: str, known: Known, run: Run
) -> None:
    done = run(*filled(command, known))

    assert done.code == 0, done.err
    assert done.out
    assert "keyconsole:" not in done.err
    if command[:2] == ["keys", "identify"]:
        assert done.err.startswith("Asked: ")
    elif command[:2] != ["keys", "create"]:
        assert done.err == ""


@pytest.mark.parametrize("command", READING + CHANGING, ids=name_of)
def test_as_json_it_is_one_document(
    command: list[str], remote: str, known: Known, run: Run
) -> None:
    done = run(*filled(command, known), "--json")

    assert done.code == 0, done.err
    document = json.loads(done.out)
    if "list" in command or "identify" in command:
        more = {"keys list": {"order", "capped"}, "audit list": {"searched_to"}}
        also = more.get(" ".join(command[:2]), set())
        assert set(document) == {"items", "next_cursor"} | also
        assert document["items"]


@pytest.mark.parametrize("command", CHANGING, ids=name_of)
def test_without_the_permission_it_ends_with_3_and_names_it(
    command: list[str], viewer: str, known: Known, run: Run
) -> None:
    done = run(*filled(command, known))

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("keyconsole: ")
    assert done.err.count("\n") == 1
    assert ":write" in done.err or ":create" in done.err or ":revoke" in done.err


@pytest.mark.parametrize("command", READING + BESIDE, ids=name_of)
def test_looking_needs_its_permission_too(
    command: list[str], unchanged: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.gateway)

    done = run(*filled(command, known))

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("keyconsole: ")
    assert done.err.count("\n") == 1
    assert ":read" in done.err or command in BESIDE


@pytest.mark.parametrize("command", CHANGING, ids=name_of)
def test_read_only_sends_nothing(
    command: list[str], unchanged: str, known: Known, run: Run
) -> None:
    done = run(*filled(command, known), "--read-only")

    assert (done.code, done.out) == (3, "")
    assert "read-only mode: nothing was sent" in done.err


def test_read_only_is_a_flag_before_the_command_or_a_variable(
    unchanged: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--read-only", "integrations", "create", "x").code == 3
    monkeypatch.setenv("KEYCONSOLE_READ_ONLY", "1")
    assert run("integrations", "create", "x").code == 3
    monkeypatch.setenv("KEYCONSOLE_READ_ONLY", "perhaps")
    assert run("integrations", "create", "x").code == 2


MISSING = [
    ["keys", "scopes", "kcp_0000000000000000", "api"],
    ["integrations", "show", "int_0000000000000000"],
    ["integrations", "show", "Nobody"],
    ["integrations", "edit", "int_0000000000000000", "--name", "x"],
    ["integrations", "disable", "int_0000000000000000", "--yes"],
    ["integrations", "enable", "Nobody"],
    ["keys", "list", "--integration", "Nobody"],
    ["keys", "show", STRANGER],
    ["keys", "show", "no-such-label"],
    ["keys", "receipt", STRANGER],
    ["keys", "create", "int_0000000000000000", "--label", "x"],
    ["keys", "create", "Nobody", "--label", "x"],
    ["keys", "rename", STRANGER, "x"],
    ["keys", "expiry", STRANGER, "90d"],
    ["keys", "allow", STRANGER, "--any"],
    ["keys", "tag", STRANGER, "team="],
    ["keys", "owner", STRANGER, "payments"],
    ["keys", "limits", STRANGER, "--quota", "none"],
    ["keys", "hand-over", "nobody@acme.example", "payments"],
    ["keys", "review", STRANGER],
    ["keys", "usage", STRANGER],
    ["integrations", "usage", "int_0000000000000000"],
    ["keys", "revoke", STRANGER, "--yes"],
    ["keys", "disable", STRANGER],
    ["keys", "enable", STRANGER],
    ["attention", "dismiss", "due-int_0000000000000000"],
    ["attention", "dismiss", "nonsense"],
    ["audit", "list", "--key", "no-such-label"],
    ["audit", "export", "-", "--format", "jsonl", "--key", "no-such-label"],
    ["audit", "verify", "--workspace", "nowhere"],
    ["keys", "refusals", "--integration", "Nobody"],
    ["keys", "audit", "--integration", "Nobody"],
    ["keys", "rotation", STRANGER],
    ["keys", "rotate", STRANGER],
    ["keys", "revoke-many", "--integration", "Nobody", "--yes", "--expect", "1"],
    ["members", "add", "a@b.example", "--role", "viewer", "--workspace", "ws_0000000000000000"],
    ["members", "role", "nobody@acme.example", "viewer"],
    ["members", "remove", "nobody@acme.example", "--yes"],
    ["policy", "show", "--workspace", "ws_0000000000000000"],
    ["policy", "set", "--warning", "30", "--workspace", "ws_0000000000000000"],
    ["tokens", "list", "--member", "nobody@acme.example"],
    ["tokens", "create", "nobody@acme.example"],
    ["tokens", "revoke", "tok_0000000000000000", "--yes"],
    ["invitations", "accept", "nowhere"],
    *OWN,
]
NAMES_NOTHING = {
    "attention",
    "integrations list",
    "integrations create",
    "members list",
    "report keys",
    "keys rotations",
    "invitations list",
}


def test_what_can_be_missing_is_tried_for_every_command() -> None:
    by_name = {" ".join(command[:2]) for command in MISSING} | {"keys identify"}

    assert by_name | NAMES_NOTHING == {" ".join(command[:2]) for command in EVERY}


@pytest.mark.parametrize("command", MISSING, ids=" ".join)
def test_what_is_not_there_ends_with_4(command: list[str], unchanged: str, run: Run) -> None:
    done = run(*command)

    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("keyconsole: ")
    assert done.err.count("\n") == 1


def test_a_key_of_somebody_else_is_identified_as_not_ours(unchanged: str, run: Run) -> None:
    done = run("keys", "identify", STRANGER)

    assert done.code == 4
    assert done.err.startswith("Asked: ")
    assert "not ours" in done.out


@pytest.mark.parametrize("command", EVERY, ids=name_of)
def test_where_nothing_answers_it_ends_with_6(
    command: list[str], unreachable: str, known: Known, run: Run
) -> None:
    done = run(*filled(command, known))

    assert (done.code, done.out) == (6, "")
    *told, last = done.err.splitlines()
    address = unreachable.removeprefix("http://")
    assert last.startswith(f"keyconsole: {address} refused the connection.")
    assert all("refused the connection" in line for line in told) or command[1] == "create"
    assert not told or command[1] in ("create", "revoke", "add", "accept", "dismiss")


@pytest.mark.parametrize("command", EVERY, ids=name_of)
def test_a_token_that_is_not_accepted_ends_with_3_and_says_what_to_do(
    command: list[str], unchanged: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.stranger)

    done = run(*filled(command, known))

    assert (done.code, done.out) == (3, "")
    assert "The token came from KEYCONSOLE_TOKEN; it may be revoked or expired" in done.err
    assert known.stranger[21:] not in done.err


def test_a_name_is_as_good_as_an_id_while_only_one_has_it(
    remote: str, known: Known, run: Run
) -> None:
    assert run("integrations", "show", "salesforce  production").code == 0
    assert run("keys", "show", "API-Gateway-Prod").code == 0

    assert run("integrations", "create", SALESFORCE.upper()).code in {0, 5}
    run("integrations", "create", "Second", "--provider", "x")
    other = json.loads(run("integrations", "show", "Second", "--json").out)["id"]
    fields = ("--environment", "p", "--client-id", "c", "--scope", "s")
    run("integrations", "edit", other, *fields, "--redirect-uri", "https://a.example/b")
    assert run("keys", "create", other, "--label", "api-gateway-prod").code == 0

    done = run("keys", "show", "api-gateway-prod")

    assert (done.code, done.out) == (5, "")
    assert known.public_key in done.err
    assert "2 keys have this name" in done.err


def test_a_secret_in_the_command_line_is_not_sent_and_told(
    unchanged: str, known: Known, run: Run
) -> None:
    done = run("keys", "show", known.secret)

    assert done.code == 0
    assert known.public_key in done.out
    assert "in your shell's history" in done.err
    assert known.secret[21:] not in done.out + done.err


def test_lists_say_what_they_leave_out_and_go_on_from_there(unchanged: str, run: Run) -> None:
    first = run("keys", "list", "--limit", "1", "--json")
    cursor = json.loads(first.out)["next_cursor"]
    second = run("keys", "list", "--limit", "1", "--json", "--cursor", cursor)

    keys = [json.loads(done.out)["items"][0]["public_key"] for done in (first, second)]
    assert len(set(keys)) == 2
    assert f"--cursor {cursor}" in run("keys", "list", "--limit", "1").err


def test_jsonl_is_a_document_a_line(unchanged: str, run: Run) -> None:
    done = run("keys", "list", "--jsonl")

    lines = [json.loads(line) for line in done.out.splitlines()]
    assert {line["label"] for line in lines} == {"api-gateway-prod", "old"}


def test_both_forms_of_json_exclude_each_other(home: object, run: Run) -> None:
    assert run("keys", "list", "--json", "--jsonl").code == 2


@pytest.mark.parametrize(
    ("flags", "labels"),
    [
        (["--status", "revoked"], ["old"]),
        (["--search", "gateway"], ["api-gateway-prod"]),
        (["--unconfirmed", "--status", "active"], []),
        (["--sort", "-label"], ["old", "api-gateway-prod"]),
        (["--integration", SALESFORCE, "--sort", "label"], ["api-gateway-prod", "old"]),
        (["--integration", "hubspot eu"], []),
        (["label:api-*"], ["api-gateway-prod"]),
        (["gateway", "--status", "active"], ["api-gateway-prod"]),
        (["--unconfirmed", "gateway", "by:nobody"], []),
        (["integration:Salesf*", "--status", "revoked"], ["old"]),
        (["status:active,revoked", "--unused-for", "2w"], []),
        (["--unused-for", "90d", "--created-by", "nobody"], []),
    ],
)
def test_keys_are_filtered(flags: list[str], labels: list[str], unchanged: str, run: Run) -> None:
    done = run("keys", "list", "--json", *flags)

    assert [key["label"] for key in json.loads(done.out)["items"]] == labels


def test_an_empty_list_is_nothing_on_standard_output(unchanged: str, run: Run) -> None:
    done = run("keys", "list", "--search", "nothing-like-it")

    assert (done.code, done.out, done.err) == (0, "", "No key matches.\n")


@pytest.mark.parametrize(
    "command",
    [
        ["keys", "list", "--integration", "{draft}"],
        ["keys", "list", "--status", "disabled"],
        ["keys", "list", "--status", "unconfirmed"],
        ["keys", "list", "--unused-for", "90d"],
        ["keys", "list", "--created-by", "nobody"],
        ["integrations", "list", "--search", "nothing-like-it"],
    ],
    ids=" ".join,
)
def test_an_empty_list_says_that_there_may_be_others(
    command: list[str], unchanged: str, known: Known, run: Run
) -> None:
    done = run(*(word.format(draft=known.draft) for word in command))

    assert (done.code, done.out) == (0, "")
    assert done.err.endswith(" matches.\n")


def test_where_there_is_none_at_all_it_says_so(home: object, run: Run) -> None:
    assert run("keys", "list").err == "There is no key.\n"
    assert run("integrations", "list").err == "There is no integration.\n"


def test_unconfirmed_is_a_status_too(
    remote: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object) -> None:
        raise ServiceUnreachableError("The answer was lost.")

    with monkeypatch.context() as patch:
        patch.setattr(KeyServiceClient, "acknowledge", lose)
        run("keys", "create", known.integration, "--label", "who-has-it")

    listed = json.loads(run("keys", "list", "--status", "unconfirmed", "--json").out)["items"]
    assert [key["label"] for key in listed] == ["who-has-it"]


def test_a_draft_makes_no_keys_and_says_so(unchanged: str, known: Known, run: Run) -> None:
    done = run("keys", "create", known.draft, "--label", "x")

    assert (done.code, done.out) == (5, "")
    assert "client" in done.err or "not configured" in done.err


def test_what_a_draft_is_refused_with_is_the_command_that_completes_it(
    remote: str, known: Known, run: Run
) -> None:
    refused = run("keys", "create", known.draft, "--label", "x")
    command = shlex.split(refused.err.splitlines()[-1].replace("URL", "https://app.example.com"))

    assert command[:4] == ["keyconsole", "integrations", "edit", known.draft]
    assert " ".join(command) in run("integrations", "show", known.draft).out.replace(
        "URL", "https://app.example.com"
    )
    assert run(*command[1:]).code == 0
    assert run("keys", "create", known.draft, "--label", "billing-prod").code == 0


def test_the_first_key_of_the_readme_is_accepted_until_it_is_revoked(
    remote: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    [block] = [each for each in readme.split("```") if "\nkeyconsole integrations create" in each]
    text = block.replace("\\\n", "").replace("Salesforce Production", "Salesforce Sandbox")
    integration, key, curl, revoke = (shlex.split(line)[1:] for line in text.splitlines() if line)
    monkeypatch.chdir(tmp_path)

    assert run(*integration).code == 0
    made = run(*key)
    headers = {"Authorization": f"Bearer {Path('checkout-prod.key').read_text()}"}
    address = curl[-1].replace("http://127.0.0.1:8321", remote)
    assert httpx.get(address, headers=headers).status_code == 200
    assert revoke == ["keys", "revoke", "checkout-prod"]
    assert run("keys", "revoke", made.out.strip(), "--yes").code == 0
    assert httpx.get(address, headers=headers).status_code == 401


@pytest.mark.parametrize("command", ["create", "enable"])
def test_the_refusal_of_a_disabled_integration_is_told_with_what_enables_it(
    command: str, remote: str, known: Known, run: Run
) -> None:
    words = {"create": ("keys", "create", known.integration, "--label", "x-prod")}
    run("integrations", "disable", known.integration, "--yes")
    refused = run(*words.get(command, ("integrations", "enable", known.draft)))
    expected = {
        "create": f"keyconsole integrations enable {known.integration}",
        "enable": f"keyconsole integrations edit {known.draft} --provider NAME",
    }

    assert refused.code == 5
    assert refused.err.splitlines()[-1].startswith(expected[command])


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("keys", "create", "{}", "--label", "x"), "integration int_7k2m4q9x0a1b2c3d"),
        (("integrations", "show", "{}"), "integration int_7k2m4q9x0a1b2c3d"),
        (("integrations", "enable", "{}"), "integration int_7k2m4q9x0a1b2c3d"),
        (("integrations", "edit", "{}", "--provider", "x"), "integration int_7k2m4q9x0a1b2c3d"),
        (("keys", "list", "--integration", "{}"), "integration with this id"),
        (("keys", "show", "{}"), "key kcp_7k2m4q9x0a1b2c3d"),
        (("keys", "revoke", "{}", "--yes"), "key with this public key"),
    ],
)
def test_what_an_unknown_id_was_to_be_is_named(
    command: tuple[str, ...], what: str, unchanged: str, run: Run
) -> None:
    name = "kcp_7k2m4q9x0a1b2c3d" if "key " in what else "int_7k2m4q9x0a1b2c3d"
    done = run(*(word.format(name) for word in command))

    assert (done.code, done.err) == (4, f"keyconsole: There is no {what}.\n")


def test_a_label_that_is_taken_is_a_conflict(unchanged: str, known: Known, run: Run) -> None:
    done = run("keys", "create", known.integration, "--label", "API-gateway-prod")

    assert (done.code, done.out) == (5, "")


def test_an_edit_of_nothing_is_a_wrong_use(unchanged: str, known: Known, run: Run) -> None:
    assert run("integrations", "edit", known.integration).code == 2


def test_an_empty_text_takes_a_field_away(remote: str, known: Known, run: Run) -> None:
    run("integrations", "edit", known.draft, "--environment", "production", "--scope", "api")

    done = run("integrations", "edit", known.draft, "--environment", "", "--json")

    document = json.loads(done.out)
    assert document["environment"] is None
    assert document["scopes"] == ["api"]
    assert document["name"] == "HubSpot EU"


def test_disabling_asks_or_needs_yes(unchanged: str, known: Known, run: Run) -> None:
    done = run("integrations", "disable", known.integration)

    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err


def test_disabling_asks_a_person(unchanged: str, known: Known, run: Run, answering: object) -> None:
    answering(["n"])  # type: ignore[operator]

    done = run("integrations", "disable", known.integration)

    assert (done.code, done.out) == (1, "")
    assert "1 live keys get 401" in done.err
    assert "Nothing was changed" in done.err


LATIN_1 = "caf\udce9"  # `$'caf\xe9'` in a shell, as Python has it


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("keys", "revoke", "kcp_0123456789abcdef", "--note", LATIN_1), "The value of --note"),
        (("keys", "revoke", "kcp_0123456789abcdef", f"--note={LATIN_1}"), "The value of --note"),
        (("keys", "create", "int_1", LATIN_1), "The argument"),
        (("keys", "show", LATIN_1), "The argument KEY"),
        (("keys", "list", "--integration", LATIN_1), "The value of --integration"),
        (("integrations", "show", LATIN_1), "The argument INTEGRATION"),
        (("--profile", LATIN_1, "keys", "list"), "The value of --profile"),
        (("login", LATIN_1), "The argument URL"),
        (("scan", "--history", LATIN_1), "The value of --history"),
    ],
)
def test_what_is_not_utf_8_is_named(arguments: tuple[str, ...], named: str, run: Run) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert named in done.err
    assert "not UTF-8" in done.err


def test_the_name_of_a_file_may_be_any_bytes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / LATIN_1
    path.write_text("clean")
    assert run("scan", str(path)).code == 0
    assert run("scan", "--token-file", str(path), str(path)).code == 0
