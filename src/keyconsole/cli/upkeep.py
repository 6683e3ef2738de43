"""`keyconsole service check`, `backup`, `restore` and `rotate-root`: keeping a service well."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli.lists import write_document, write_item
from keyconsole.cli.options import json_option
from keyconsole.cli.prompts import tell
from keyconsole.cli.service import database_url_option, settings_of
from keyconsole.cli.table import write_rows
from keyconsole.core.credentialtext import redact
from keyconsole.core.errors import ExitCode

if TYPE_CHECKING:
    from keyconsole.service.store.inspection import Finding, RootUse


@click.command()
@database_url_option
@json_option
def check(*, database_url: str | None, as_json: bool) -> int:
    """Look whether all is as it must be; change nothing.

    Schema, guards, damage, settings of the database, root keys, who can read the files, the
    clock, old tokens that reach several workspaces, and how many keys hang on each root. Ends
    with 1 when something is wrong.
    """
    from keyconsole.service.checkup import check as look

    found = look(settings_of(database_url))
    if as_json:
        write_document(
            {
                "ok": found.ok,
                "checks": [asdict(finding) for finding in found.findings],
                "roots": [
                    _counts(root.use, is_read=found.is_read)
                    | {"loaded": root.is_loaded, "signs": root.signs}
                    for root in found.roots
                ],
            }
        )
        return ExitCode.DONE if found.ok else ExitCode.FAILED
    write_rows(
        [(_mark(each), each.name, redact(each.message)) for each in found.findings],
    )
    if found.roots:
        click.echo()
        write_rows(
            [("ROOT", "", "KEYS", "IN FORCE", "TOKENS", "EVENTS")]
            + [
                (
                    root.use.id,
                    "signs" if root.signs else "" if root.is_loaded else "missing",
                    *(
                        f"{count:,}" if count is not None else "–"
                        for count in list(_counts(root.use, is_read=found.is_read).values())[1:]
                    ),
                )
                for root in found.roots
            ]
        )
    return ExitCode.DONE if found.ok else ExitCode.FAILED


def _mark(finding: "Finding") -> str:
    if finding.ok is None:
        return "–"
    if not finding.ok:
        return "✕"
    return "!" if finding.warns else "✓"


def _counts(use: "RootUse", *, is_read: bool) -> dict[str, Any]:
    """Returns the counts of what a root signed by name; empty for a database that was not read."""
    found = asdict(use)
    return found if is_read else dict.fromkeys(found) | {"id": use.id}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@database_url_option
@json_option
def backup(*, path: Path, database_url: str | None, as_json: bool) -> None:
    """Copy the database to PATH while the service runs.

    PATH is a new file, for its owner alone. The root keys are not in it: keep a copy of them too,
    and apart. A database on PostgreSQL is backed up with pg_dump.
    """
    from keyconsole.core.errors import ConfigurationError
    from keyconsole.service.store.sqlite.backup import back_up

    settings = settings_of(database_url)
    if settings.is_postgresql:
        raise ConfigurationError(
            "The database is on PostgreSQL: back it up with pg_dump --format=custom."
        )
    made = back_up(settings.database_path, path)
    rows = [
        ("Backup", redact(str(made.path))),
        ("Size", f"{made.bytes:,} bytes"),
        ("Keys", f"{made.keys:,}"),
        ("Audit events", f"{made.audit_events:,}"),
    ]
    write_item(asdict(made) | {"path": str(made.path)}, rows, as_json=as_json)
    if as_json:
        return
    tell("\nThe root keys are not in it, and without them no key can be verified.")


@click.command()
@click.argument("backup", type=click.Path(path_type=Path), required=False)
@click.option(
    "--revocations",
    "logs",
    metavar="PATH",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A log of revokes, KEYCONSOLE_REVOCATIONS_LOG; again for each file of it.",
)
@database_url_option
@json_option
def restore(
    *, backup: Path | None, logs: tuple[Path, ...], database_url: str | None, as_json: bool
) -> int:
    """Put a BACKUP in place and make later revokes again.

    A backup is older than now: keys that were revoked since are alive in it. Call this before any
    process listens. Without BACKUP the database is there already, as on PostgreSQL after
    pg_restore. Ends with 1 where a line of a log could not be read.
    """
    import asyncio

    from keyconsole.service.restoring import restore as put_back

    restored = asyncio.run(put_back(settings_of(database_url), backup, logs))
    database = redact(restored.database)
    lines = [redact(str(each)) for each in restored.unreadable]
    rows = [
        ("Database", database),
        ("Revoked again", f"{restored.revoked:,}"),
        ("Revoked already", f"{restored.already:,}"),
        ("Not in it", f"{restored.missing:,}"),
    ]
    counts = {"revoked": restored.revoked, "already": restored.already, "missing": restored.missing}
    write_item({"database": database, **counts, "unreadable": lines}, rows, as_json=as_json)
    for line in lines:
        tell(f"Not read: {line}.")
    return ExitCode.FAILED if lines else ExitCode.DONE


@click.command("rotate-root")
@json_option
def rotate_root(*, as_json: bool) -> None:
    """Add a root key; it signs from the next start on.

    The others stay, and every key still verifies.
    """
    from keyconsole.service import rootkeys

    settings = settings_of(None)
    newest, roots = rootkeys.add(settings)
    ids = [root.id for root in roots]
    file = str(settings.root_key_file)
    rows = [("New root key", newest.id), ("Root key file", redact(file))]
    write_item({"root": newest.id, "roots": ids, "file": file}, rows, as_json=as_json)
    if as_json:
        return
    tell(
        "\nBack the file up now, then restart the service: from then on it signs with the new one."
        "\nKeys made before hang on the older ones: service check counts them."
    )
