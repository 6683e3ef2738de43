"""Use over time: a graph with axes, what changed within a day, and who or what the use is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.framed import LOW, SHORT
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.styled_text import Run, draw, stack, width
from keyconsole.console.widgets.columns import Column, drawn
from keyconsole.console.widgets.listing import Listing
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text import columns, series, times, use
from keyconsole.text.graph import graph
from keyconsole.text.usage import strangest_first

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pydantic import BaseModel
    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.console.styled_text import Line
    from keyconsole.text.series import Series, Step
    from keyconsole.wire import (
        Integration,
        Key,
        Page,
        TotalUsage,
        Usage,
        UsagePart,
        UsageSeries,
        UsageSource,
    )

RowT = TypeVar("RowT", bound="BaseModel")

_RANGES = list(series.RANGES)


class UseScreen(ListScreen[RowT]):
    """Use of something over one of four ranges; the figures as a table stand in for the graph.

    It asks when it is opened, for another range, and when it is asked to, not by itself.
    """

    SCOPES = (Scope.USE, Scope.EVERYWHERE)
    OPENS = "open_use"
    POLLS: ClassVar[bool] = False

    def __init__(self, listing: Listing[RowT]) -> None:
        super().__init__(listing)
        self.range = self.asked = _RANGES[0]
        self.series: Series | None = None
        self.shows_figures = False
        self.figures: Listing[Step] = Listing(
            self._columns_of_figures(series.HOUR), lambda step: step.at.isoformat()
        )

    def body(self) -> Sequence[Widget]:
        return [
            Static("", id="use-sum"),
            Static("", id="use-graph"),
            Static("", id="use-changes"),
            self.listing,
            self.figures,
            Static("", id="use-rest"),
        ]

    def on_mount(self) -> None:
        self.figures.display = False

    def note(self) -> str:
        at = self.fetched_at
        return "" if at is None else f"as of {at.astimezone():%H:%M:%S}"

    def question(self) -> str:
        return self.asked

    @property
    def hours(self) -> int:
        """The hours that are asked for."""
        return series.RANGES[self.asked]

    def take(self, found: Series) -> None:
        """Takes the answer for the range that was asked for; until then the one before is shown."""
        self.range, self.series = self.asked, found

    def home(self) -> Widget:
        return self.figures.rows if self.shows_figures else self.listing.rows

    def changed(self) -> Sequence[Line]:
        """Returns what changed within the last day, a line each, the most important first."""
        return []

    def rest(self) -> str:
        """Returns the line below the list: what it leaves out, or what is wrong."""
        return "" if self.series is None else use.damaged(self.series)

    def put(self, page: Page[RowT]) -> None:
        super().put(page)
        self.redraw()

    # Actions of the person

    def label_of(self, action: str) -> str | None:
        if action == "figures":
            return "graph" if self.shows_figures else "figures"
        return super().label_of(action)

    def action_next_part(self, steps: int) -> None:
        self.asked = _RANGES[(_RANGES.index(self.asked) + steps) % len(_RANGES)]
        self.ask_anew()

    def action_figures(self) -> None:
        self.shows_figures = not self.shows_figures
        self.redraw()
        self.home().focus()

    def action_open_use(self) -> None:
        """Opens the use of the row under the cursor, where it has one."""

    def action_first(self) -> None:
        (self.figures if self.shows_figures else self.listing).rows.action_first()

    # Drawing

    def redraw(self) -> None:
        room, height = self.app.size.width - 9, self.app.size.height
        self.listing.display = not self.shows_figures
        self.figures.display = self.shows_figures
        self.query_one("#use-graph").display = not self.shows_figures
        self.query_one("#use-changes").display = not self.shows_figures
        self.fill("#use-sum", self._sum(room))
        changed = self.changed()[: 1 if height < SHORT else 3]
        self.fill("#use-changes", stack(draw(*line) for line in changed))
        rest = self.rest()
        self.query_one("#use-rest").display = bool(rest)
        self.fill("#use-rest", draw((rest, "dim")))
        if self.series is not None:
            self.fill("#use-graph", self._graph(self.series, room, height))
            self.figures.rows.show_columns(self._columns_of_figures(self.series.length))
            self.figures.rows.put(list(reversed(self.series.steps)))
        self.update_frame()

    def _columns_of_figures(self, length: timedelta) -> Sequence[Column[Step]]:
        return drawn(columns.use_figures(length), lambda: self.console_app.clock())

    def _sum(self, room: int) -> Content:
        ranges: list[Run] = []
        for each in _RANGES:
            this: Run = (f"▸{each}", "brass bold") if each == self.range else (each, "dim")
            ranges += [("   ", ""), this]
        if self.series is None:
            return draw(*ranges[1:])
        told = use.sums(self.series, self.console_app.clock())
        if width(told) + width(ranges) > room:
            told = told[: use.WITHOUT_PEAK]
        if width(told) + width(ranges) > room:
            return stack([draw(*ranges[1:]), draw(*told)])
        return draw(*told, (" " * (room - width(told) - width(ranges)), ""), *ranges)

    def _graph(self, shown: Series, room: int, height: int) -> Content:
        if shown.is_empty:
            hours = series.RANGES[self.range]
            span = f"{hours // 24} days" if hours > 24 else "24 hours"
            none = f"No request within {span}. "
            more: list[Run] = [(key_of("next_part"), "brass bold"), (" looks further back", "dim")]
            return draw((none, "ink bold"), *(more if self.range != _RANGES[-1] else []))
        bars, reasons = (4, 2) if height < LOW else (5, 2) if height < SHORT else (height // 4, 4)
        lines = graph(shown, room, bars, self.console_app.clock(), reasons=reasons)
        return stack(draw(*line) for line in lines)


class KeyUseScreen(UseScreen["UsageSource"]):
    """`/api-keys/kcp_…/use`: the use of a key, and its sources."""

    def __init__(self, key: Key) -> None:
        super().__init__(
            self.listing_of(columns.use_sources(1, 0), lambda row: f"{row.address} {row.agent}")
        )
        self.key = key
        self.usage: Usage | None = None

    def path(self) -> Sequence[str]:
        return ["OAuth", self.key.integration_name, "API Keys", self.key.label, "Use"]

    async def page(self, cursor: str | None = None) -> Page[UsageSource]:  # noqa: ARG002
        from keyconsole.wire import Page, UsageSource

        found = await self.client.use.of_key(self.key.public_key, self.hours)
        at = self.console_app.clock()
        self.usage = found
        if found.series is not None:
            counted = series.of_points(found.series)
        else:
            counted = series.of_hours(found, at, min(self.hours, 30 * 24))
        self.take(counted)
        days = series.days_of(counted, at)
        whole = sum(sum(row.daily) for row in found.sources)
        shown = columns.use_sources(days, whole)
        identify = self.listing.rows.identify
        self.listing.rows.show_columns(self.drawn(shown, identify))
        busiest = sorted(found.sources, key=lambda row: -sum(row.daily))
        found = found.model_copy(update={"sources": busiest})
        return Page[UsageSource](items=strangest_first(found, at))

    def changed(self) -> Sequence[Line]:
        if self.usage is None:
            return []
        if self.usage.series is None:
            told = "This service is of an older version: it tells at most 30 days."
            return [[(told, "amber")]]
        return use.changes(self.usage.series, self.usage.sources, self.console_app.clock())

    def rest(self) -> str:
        others = None if self.usage is None else self.usage.others
        if others is None:
            return super().rest()
        last = times.ago(others.last_seen_at, self.console_app.clock())
        return "   ".join(filter(None, (f"{use.others(others)}, last {last}", super().rest())))

    def nothing(self) -> Sequence[Run]:
        if self.usage is not None and self.usage.last_used_at is not None:
            return [("No source of this key is known any more.", "dim")]
        return [("No request has come with this key yet.", "ink bold")]

    def disabled_reason(self, action: str) -> str | None:
        return "" if action == self.OPENS else super().disabled_reason(action)


class TotalUseScreen(UseScreen["UsagePart"]):
    """`/oauth/int_…/use` and `/use`: an integration and its keys, or a workspace and its own."""

    def __init__(self, integration: Integration | None = None) -> None:
        super().__init__(
            self.listing_of(
                columns.use_parts("Name", 0), lambda row: row.public_key or row.integration_id
            )
        )
        self.integration = integration
        self.total: UsageSeries | None = None

    def path(self) -> Sequence[str]:
        if self.integration is not None:
            return ["OAuth", "Integrations", self.integration.name, "Use"]
        person = self.console_app.person
        return ["OAuth", f"Use of {person.workspace}" if person else "Use"]

    async def page(self, cursor: str | None = None) -> Page[UsagePart]:  # noqa: ARG002
        from keyconsole.wire import Page, UsagePart

        found = await self._ask()
        self.total = found.series
        self.take(series.of_points(found.series))
        title = "Key" if self.integration else "Integration"
        shown = columns.use_parts(title, found.series.last_day.accepted)
        if self.integration is None:
            shown = tuple(columns.without(shown, "public_key"))
        self.listing.rows.show_columns(self.drawn(shown, self.listing.rows.identify))
        return Page[UsagePart](items=found.parts)

    async def _ask(self) -> TotalUsage:
        if self.integration is not None:
            return await self.client.use.of_integration(self.integration.id, self.hours)
        if self.console_app.person is None:
            await self.console_app.signing_in.look()
        person = self.console_app.person
        workspace_id = person.workspace_id if person else None
        return await self.client.use.of_workspace(workspace_id or "", self.hours)

    def changed(self) -> Sequence[Line]:
        return [] if self.total is None else use.changes(self.total, [], self.console_app.clock())

    def nothing(self) -> Sequence[Run]:
        if self.integration is not None:
            return [("No key of this integration was ever used.", "ink bold")]
        return [("No integration was used within the last day.", "ink bold")]

    def action_open_use(self) -> None:
        row = self.current
        if row is None:
            return
        if row.public_key is not None:
            self.router.go(Route(Place.USE, public_key=row.public_key))
        else:
            self.router.go(Route(Place.USE, integration=row.integration_id))
