"""Work beside the screen: nothing on the event loop waits for the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.css.query import NoMatches

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.dom import DOMNode


def start(
    node: DOMNode,
    work: Callable[[], Coroutine[Any, Any, None]],
    group: str,
    *,
    exclusive: bool = False,
) -> None:
    """Run `work` as a worker of `node`; with `exclusive` it takes the place of its group's last.

    It dies with `node`, so what must not be lost is started on the app.
    """

    async def run() -> None:
        try:
            await work()
        except NoMatches:
            # An answer that comes while its screen is being closed is for nobody any more.
            if node.screen in node.app.screen_stack:
                raise

    # A worker's result type is bound to the node's; nothing here reads one.
    node.run_worker(cast("Any", run), group=group, exclusive=exclusive)
