"""Write the reference anew from what it describes: `python docs/generate.py [--check]`.

The keys come from the registry of actions, the commands from the command line itself, the
addresses from the OpenAPI document, the faults and the figures from the records of what was run.
With `--check` nothing is written, and the exit code is 1 when a page is not what it would be. With
`--openapi` only the OpenAPI document is written, to standard output.
"""

import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # for the benchmarks and the tests

TITLES = {
    "integrations": "The list of integrations",
    "overview": "An integration: Overview",
    "keys": "An integration: API Keys",
    "activity": "An integration: Activity",
    "key": "A key",
    "audit": "The audit log",
    "attention": "Attention",
    "watch": "Watch",
    "find": "Find a key",
    "finding": "Find a key: while you type",
    "labels": "The label audit",
    "kinds": "The kinds of findings",
    "filter": "While a filter is typed",
    "form": "Forms",
    "field": "Dialogs with one field",
    "created": "API Key Created",
    "members": "The members",
    "tokens": "The members: the tokens of one of them",
    "invitations": "Your invitations",
    "issued": "Token Created",
    "confirm": "Before something ends for good",
    "revoke": "Revoke",
    "revoke_many": "Revoke many keys",
    "select_keys": "Which keys to revoke",
    "quarantine": "Disable",
    "receipt": "The receipt",
    "identify": "Identify",
    "help": "Help",
    "profiles": "Profiles and workspaces",
    "rotation": "A rotation",
    "rotations": "The rotations under way",
    "report": "The report",
    "use": "Use over time",
    "command": "The command line, `:` and ctrl+p",
}


def keys() -> str:
    """Every key of the console, by screen."""
    from keyconsole.console.actions import Scope, actions_of
    from keyconsole.core.shortcuts import SHORTCUTS, key_of

    lines = ["# Keys", "", "`?` shows the same on the screen where you are.", ""]
    lines += [
        "## One key, one meaning",
        "",
        "Where a key is offered, it means this. Enter, Escape,",
    ]
    lines += ["Tab, Space, the arrows and Ctrl+S go on, back, along, mark and save.", ""]
    lines += ["| Key | In `[keys]` | Means |", "|---|---|---|"]
    lines += [
        f"| `{key_of(name)}` | `{name}` | {each.sentence} |" for name, each in SHORTCUTS.items()
    ]
    lines.append("")
    for scope in Scope:
        actions = [action for action in actions_of(scope) if action.help]
        if not actions:
            continue
        lines += [f"## {TITLES[scope]}", "", "| Key | Does | Needs |", "|---|---|---|"]
        for action in actions:
            needs = f"`{action.permission}`" if action.permission else ""
            lines.append(f"| `{action.sign}` | {action.help} | {needs} |")
        lines.append("")
    return "\n".join(lines)


def commands() -> str:
    """Every command with its arguments and options."""
    from keyconsole.cli.root import keyconsole

    lines = ["# Commands", ""]
    for path, command in _walk("keyconsole", keyconsole):
        context = click.Context(command, info_name=path)
        lines += [
            f"## `{path}`",
            "",
            inspect.cleandoc(command.help or "").replace("\b\n", ""),
            "",
            "```",
        ]
        lines += [command.get_usage(context).removeprefix("Usage: "), "```", ""]
        options = [
            parameter.get_help_record(context)
            for parameter in command.get_params(context)
            if isinstance(parameter, click.Option)
            and not parameter.hidden
            and parameter.name != "help"
        ]
        shown = [record for record in options if record]
        if shown:
            lines += ["| Option | |", "|---|---|"]
            lines += [f"| `{_cell(name)}` | {_cell(text)} |" for name, text in shown]
            lines.append("")
    return "\n".join(lines)


def _walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _walk(f"{path} {name}", child)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


GENERATED_CLIENT = """\
## A generated client

The document comes from a running service, without signing in, or from the repository, without one:

```
curl -o openapi.json http://127.0.0.1:8321/v1/openapi.json
.venv/bin/python docs/generate.py --openapi >openapi.json
```

For Python, with `pip install openapi-python-client`, which makes the package `keyconsole_client`:

```
openapi-python-client generate --path openapi.json --output-path keyconsole-client
pip install ./keyconsole-client
```

```python
from keyconsole_client import AuthenticatedClient
from keyconsole_client.api.keys import list_keys

client = AuthenticatedClient(base_url="http://127.0.0.1:8321", token="kco_…")
print([key.label for key in list_keys.sync(client=client).items])
```

For TypeScript, with `npm install openapi-typescript openapi-fetch`:

```
npx openapi-typescript openapi.json -o keyconsole.d.ts
```

```typescript
import createClient from "openapi-fetch";
import type { paths } from "./keyconsole";

const headers = { Authorization: "Bearer kco_…" };
const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8321", headers });
const { data } = await client.GET("/v1/keys");
```

The document names `/` as its server, since it does not know where it is served: every client needs
the base URL. The token is an operator's, `kco_…`, and not an API key.

## Operations"""


def addresses() -> str:
    """Every address of the service, by what it is about."""
    document = openapi()
    lines = [
        "# The HTTP API",
        "",
        "All of it is in the OpenAPI document, which a running service answers at "
        "`/v1/openapi.json`. Clients can be generated from it; they call an operation by its name.",
        "",
        *GENERATED_CLIENT.splitlines(),
        "",
        "| Method | Address | Operation |",
        "|---|---|---|",
    ]
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            if method in ("get", "post", "put", "patch", "delete"):
                name = operation["operationId"]
                lines.append(f"| {method.upper()} | `{path}` | `{name}` |")
    lines.append("")
    return "\n".join(lines)


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the service as it is built here."""
    import asyncio
    import tempfile

    from keyconsole.service.embedded import start_embedded

    async def ask() -> dict[str, Any]:
        import httpx

        with tempfile.TemporaryDirectory() as scratch:
            service = await start_embedded(Path(scratch) / "data")
            transport = httpx.ASGITransport(service.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://docs") as http:
                answer = await http.get("/v1/openapi.json")
            await service.aclose()
        document: dict[str, Any] = json.loads(answer.text)
        return document

    return asyncio.run(ask())


def reliability() -> str:
    """The faults that are made on purpose, and what was found."""
    sys.path.insert(0, str(HERE.parent))
    from tests.faults import rows

    return rows.page()


def performance() -> str:
    """The goals of the benchmarks, and what the last runs found."""
    from benchmarks import record

    return record.page(record.read())


PAGES = {
    "reference/keys.md": keys,
    "reference/commands.md": commands,
    "reference/api.md": addresses,
    "reliability.md": reliability,
    "performance.md": performance,
}


def main() -> int:
    """Write the pages, or check them, or print the OpenAPI document."""
    if "--openapi" in sys.argv:
        json.dump(openapi(), sys.stdout, indent=2)
        return 0
    stale = []
    for name, page in PAGES.items():
        text = page().rstrip() + "\n"
        path = HERE / name
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"not up to date: {', '.join(stale)}; run python docs/generate.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
