"""The command line: one module a command group; everything heavy is loaded when it is needed.

```
root.py          keyconsole, keyconsole open      console.py     starts the console
login.py         login, logout                    profile_store.py adds a profile to config.toml
profiles.py      which services there are         target.py      which one is meant, from where
integrations.py  what keys are made for           session.py     opens it, asks, closes it
keys/            list, show, create, revoke …     resolve.py     what a person means by a name
audit.py         who did what                     retrying.py    what may be sent twice
members.py       who may do what, for admins      tokens.py      what signs them in
policy.py        how old keys get, for admins
info.py          paths, versions, settings        settings.py    each setting and its origin
completion.py    for bash, zsh, fish              suggest.py     what is suggested
service.py       keyconsole service …             lists.py, table.py   data on standard output
entrypoint.py    how every command ends           prompts.py     questions on a terminal
pasting.py       a paste at a terminal, unseen
```
"""

from typing import NoReturn

SELDOM = 100_000
"""After so many new objects garbage is looked for, more than a list has; Python does after 700."""


def _open_closed_streams() -> None:
    """Opens the null device in the place of standard streams that are closed (`2>&-`).

    Otherwise the next file gets the number of one, and what a library or a child process writes to
    standard error ends up in it. `sys.stdin` and `sys.stdout` stay None, so that a command can
    tell; nobody can be told on standard error, so that it takes everything.
    """
    import os
    import sys

    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115 - until the end


def main() -> NoReturn:
    """Run the command that `sys.argv` names, and exit with its `ExitCode`."""
    import gc
    import sys

    _open_closed_streams()
    # What is imported is no garbage: to look for some among it takes a tenth of the first frame.
    gc.set_threshold(SELDOM)

    from keyconsole.cli import entrypoint

    entrypoint.catch_the_rest()
    code = entrypoint.run(sys.argv[1:])
    # Python looks for garbage once more as it ends, among all there is: a tenth of a short run.
    gc.freeze()
    sys.exit(code)
