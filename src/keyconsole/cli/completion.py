"""`keyconsole completion`: what a shell needs to complete commands, options and profiles."""

import click

_WHERE = {
    "bash": 'eval "$(keyconsole completion bash)"          # in ~/.bashrc',
    "zsh": 'eval "$(keyconsole completion zsh)"           # in ~/.zshrc, after compinit',
    "fish": "keyconsole completion fish | source           # in ~/.config/fish/config.fish",
}

_VARIABLE = "_KEYCONSOLE_COMPLETE"


@click.command(epilog="\b\n" + "\n".join(_WHERE.values()))
@click.argument("shell", metavar="SHELL", type=click.Choice(sorted(_WHERE)))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print what SHELL (bash, fish or zsh) evaluates to complete keyconsole."""
    from click.shell_completion import ShellComplete, get_completion_class

    if (kind := get_completion_class(shell)) is None:  # pragma: no cover - click has all three
        raise click.UsageError(f"There is no completion for {shell}.")
    complete = kind(context.find_root().command, {}, "keyconsole", _VARIABLE)
    # Not `complete.source()`: for bash that starts one to ask for its version.
    click.echo(ShellComplete.source(complete))
