"""What --help says: whole sentences, and nothing that only the library understands."""

import click
import pytest
from tests.cli.conftest import Run
from tests.cli.test_commands import leaves

from keyconsole.cli.group import LoadedWhenUsed
from keyconsole.cli.root import keyconsole


def groups(command: click.Command, *path: str) -> list[list[str]]:
    """Every group by its words."""
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    children = ((name, command.get_command(context, name)) for name in sorted(command.commands))
    loaded = [(name, child) for name, child in children if child is not None]
    return [list(path), *(each for name, child in loaded for each in groups(child, *path, name))]


def every_group() -> list[list[str]]:
    list(leaves(keyconsole))  # loads them all
    return groups(keyconsole)


@pytest.mark.parametrize("words", every_group(), ids=lambda words: " ".join(words) or "keyconsole")
def test_no_sentence_of_a_list_of_commands_is_cut_off(words: list[str], run: Run) -> None:
    done = run(*words, "--help")

    assert done.code == 0
    assert "Commands:" in done.out
    assert "..." not in done.out


@pytest.mark.parametrize("words", list(leaves(keyconsole)))
def test_no_mark_of_the_library_is_left_in_a_text(words: str, run: Run) -> None:
    done = run(*words.split(), "--help")

    assert done.code == 0
    assert "\\b" not in done.out
    assert "\b" not in done.out


@pytest.mark.parametrize(
    ("words", "extent"),
    [
        (("service", "run", "--port", "abc"), "'abc' is not a whole number from 0 to 65535."),
        (("service", "run", "--workers", "0"), "'0' is not a whole number from 1 to 256."),
        (("service", "ready", "--port", "70000"), "'70000' is not a whole number from 1 to 65535."),
        (("keys", "list", "--limit", "0"), "'0' is not a whole number of 1 or more."),
    ],
)
def test_a_number_that_cannot_be_is_told_with_those_that_can(
    words: tuple[str, ...], extent: str, run: Run
) -> None:
    done = run(*words)

    assert done.code == 2
    assert done.err.splitlines()[0].endswith(extent)


@pytest.mark.parametrize("words", every_group(), ids=lambda words: " ".join(words) or "keyconsole")
def test_a_summary_in_a_list_is_the_first_sentence_of_the_help(words: list[str]) -> None:
    group: click.Command | None = keyconsole
    for word in words:
        assert isinstance(group, click.Group)
        group = group.get_command(click.Context(group), word)
    if not isinstance(group, LoadedWhenUsed):
        return

    for name, (_home, summary) in group.homes.items():
        command = group.get_command(click.Context(group), name)
        assert command is not None
        assert summary == command.get_short_help_str(200)
