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
    unless_running: bool = False,
) -> None:
    """Run `work` as a worker of `node`; with `exclusive` it takes the place of its group's last.

    With `unless_running` the last is left to end and nothing is started: what is asked again and
    again would never be answered if each question ended the one before. It dies with `node`, so
    what must not be lost is started on the app.
    """
    if unless_running and any(
        worker.group == group and worker.node is node and not worker.is_finished
        for worker in node.workers
    ):
        return

    async def run() -> None:
        try:
            await work()
        except NoMatches:
            # An answer that comes while its screen is being closed is for nobody any more.
            if node.screen in node.app.screen_stack:
                raise

    # A worker's result type is bound to the node's; nothing here reads one.
    node.run_worker(cast("Any", run), group=group, exclusive=exclusive)
