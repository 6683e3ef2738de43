"""`keyconsole info`: paths, versions, and every setting with where it came from."""

import json
import platform
from dataclasses import asdict, replace
from pathlib import Path

import click

from keyconsole import __version__
from keyconsole.cli.configuration import read_config
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.settings import effective
from keyconsole.cli.table import write_sections
from keyconsole.core.credentialtext import redact
from keyconsole.local import paths

_LIBRARIES = ("textual", "httpx", "pydantic", "fastapi", "uvicorn", "sqlalchemy")


@click.command()
@json_option
@service_options()
def info(*, options: ServiceOptions, as_json: bool) -> None:
    """Paths, versions, and every setting with where it came from."""
    versions = _versions()
    places = _places()
    config = read_config()
    settings = [
        replace(each, value=redact(each.value or "") or None, origin=redact(each.origin))
        for each in effective(options=options, config=config)
    ]
    clipboard = _clipboard(config.console.clipboard)
    if as_json:
        document = {
            "versions": versions,
            "paths": {
                name: {"path": redact(paths.shown(path)), "exists": _exists(path)}
                for name, path in places
            },
            "settings": [asdict(setting) for setting in settings],
            "clipboard": clipboard,
        }
        click.echo(json.dumps(document, indent=2))
        return
    write_sections(
        {
            "Versions": list(versions.items()),
            "Paths": [
                (name, redact(paths.shown(path)), "" if _exists(path) else "not there yet")
                for name, path in places
            ],
            "Settings": [
                (setting.name, setting.value or "–", setting.origin) for setting in settings
            ],
            "Clipboard": [("route", clipboard["route"], clipboard["why"])],
        }
    )


def _clipboard(setting: str) -> dict[str, str]:
    """The way that a copy would take from here, and why; a tmux around is asked."""
    import asyncio
    import os

    from keyconsole.console.terminal import clipboard, tmux_clipboard

    choice = clipboard.choose(os.environ, setting)
    if choice.route is clipboard.ClipboardRoute.TMUX:
        choice = clipboard.through(asyncio.run(tmux_clipboard.ask()))
    return {"route": str(choice.route), "why": choice.why}


def _versions() -> dict[str, str]:
    from importlib import metadata  # 20 ms that the console need not wait for

    versions = {"keyconsole": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            versions[library] = "not installed"
    return versions


def _places() -> list[tuple[str, Path]]:
    return [
        ("config", paths.config_file()),
        ("data", paths.data_dir()),
        ("state", paths.state_dir()),
        ("cache", paths.cache_dir()),
    ]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
