"""The members of the workspace and, below them, the tokens of the one under the cursor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.framed import LOW
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.console.widgets.token_pane import TokenPane
from keyconsole.flows import membership
from keyconsole.text import columns, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Line, Run
    from keyconsole.flows.membership import Standing
    from keyconsole.wire import Member, Page, Token

HEAD, LOW_HEAD = 2, 1
"""Lines above the rows of a list: the heads and a rule, which a low terminal has no room for."""


class MembersScreen(ListScreen["Member"]):
    """`/members`: opens with the cursor on an account and one of its tokens, where they are given.

    `tab` goes from the members to the tokens and back: what can be done is about one of them.
    """

    SCOPES = (Scope.MEMBERS, Scope.TOKENS, Scope.EVERYWHERE)
    SAVED_AS = "members"

    def __init__(self, account: str | None = None, token: str | None = None) -> None:
        super().__init__(
            self.listing_of(
                columns.MEMBERS, _name, last_seen_at=self._last_seen, remark=self._remark
            )
        )
        self.wanted, self.wanted_token = account, token
        self.is_on_tokens = False
        self._is_asking = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (Scope.TOKENS if self.is_on_tokens else Scope.MEMBERS, Scope.EVERYWHERE)

    def body(self) -> Sequence[Widget]:
        self.tokens = TokenPane(self.console_app.clock)
        return [self.listing, self.tokens]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Members"]

    def note(self) -> str:
        rows = self.listing.rows.rows
        invited = sum(each.pending for each in rows)
        count = f"{len(rows) - invited:,}{'+' if self.pages.has_more else ''}"
        listed = f"{count} member{'' if count == '1' else 's'}" if self.pages.is_known else ""
        listed += f", {invited:,} invited" if invited else ""
        return "   ".join(filter(None, (listed, self.freshness())))

    def home(self) -> Widget:
        return self.tokens.listing.rows if self.is_on_tokens else self.listing.rows

    def on_descendant_focus(self) -> None:
        """Of the two lists, the one that had the focus last has the cursor."""
        rows, tokens = self.listing.rows, self.tokens.listing.rows
        if self.focused in (rows, tokens):
            self.is_on_tokens = self.focused is tokens
            rows.point("faint" if self.is_on_tokens else "brass")
            tokens.point("brass" if self.is_on_tokens else "")

    def is_me(self, member: Member) -> bool:
        """Returns true for the account that is signed in."""
        me = self.console_app.signing_in.me
        return me is not None and me.account_id == member.account_id

    # Answers of the service

    async def page(self, cursor: str | None = None) -> Page[Member]:
        return await self.client.members.page(
            workspace=self.console_app.workspace_id, cursor=cursor, limit=PAGE_SIZE
        )

    async def fetch(self) -> None:
        await super().fetch()
        await self._find_wanted()
        await self._fetch_tokens()

    def put(self, page: Page[Member]) -> None:
        super().put(page)
        self._show_member()
        self.redraw()

    async def _find_wanted(self) -> None:
        """Puts the cursor on the wanted account, on whatever page it is."""
        wanted, self.wanted = self.wanted, None
        rows = self.listing.rows
        while wanted is not None and not rows.select(wanted) and self.pages.has_more:
            rows.action_last()
            reached = self.pages.reached
            await self.pages.fetch_next(self.page)
            if self.pages.reached == reached:
                break
        self._show_member()
        self.redraw()

    async def _fetch_tokens(self) -> None:
        """Asks for the tokens of the member under the cursor until they are shown."""
        while (member := self.current) is not None:
            page = await self._tokens_page(member)
            if self.current is not None and _name(self.current) == _name(member):
                self.tokens.put(page)
                if self.is_on_tokens and not page.items:
                    self.listing.rows.focus()
                self._find_token()
                self.update_frame()
                return

    async def _tokens_page(self, member: Member, cursor: str | None = None) -> Page[Token]:
        return await self.client.tokens.unrevoked(
            workspace=member.workspace_id,
            account=member.account_id,
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    def _find_token(self) -> None:
        wanted, self.wanted_token = self.wanted_token, None
        if wanted is not None and self.tokens.listing.rows.select(wanted):
            self.tokens.listing.rows.focus()

    async def _fetch_next(self) -> None:
        member = self.current
        if not self.is_on_tokens or member is None:
            await super()._fetch_next()
            return
        await self.tokens.pages.fetch_next(
            lambda cursor: self.ask(lambda: self._tokens_page(member, cursor))
        )
        self.update_frame()

    def nothing(self) -> Sequence[Run]:
        return [("Nobody is listed.", "ink bold")]

    # Actions

    def moved(self) -> None:
        """Asks for the tokens of another member, one request at a time however fast it goes."""
        before = self.tokens.member
        self._show_member()
        member = self.tokens.member
        has_changed = member is not None and (before is None or _name(member) != _name(before))
        if has_changed and not self._is_asking:
            self._is_asking = True
            workers.start(self, self._ask_for_tokens, "tokens")

    def _show_member(self) -> None:
        self.tokens.show(self.current)

    async def _ask_for_tokens(self) -> None:
        try:
            await self.ask(self._fetch_tokens)
        finally:
            self._is_asking = False

    def subject(self) -> Standing | None:
        member = self.current
        if member is None:
            return None
        only_admin = membership.only_admin(self.listing.rows.rows) if self._knows_all else None
        return membership.Standing(
            member,
            is_me=self.is_me(member),
            is_last_admin=only_admin == member.account_id and not member.pending,
            token=self.tokens.current,
        )

    @property
    def _knows_all(self) -> bool:
        return not self.pages.has_more and self.pages.reached == len(self.listing.rows.rows)

    def label_of(self, action: str) -> str | None:
        if self.is_on_tokens and action in ("back", "app.focus_next"):
            return "members"
        return super().label_of(action)

    def action_open(self) -> None:
        self.tokens.listing.rows.focus()

    async def on_row_picked(self) -> None:
        if not self.is_on_tokens:
            self.action_open()

    def action_back(self) -> None:
        if self.is_on_tokens:
            self.listing.rows.focus()
        else:
            super().action_back()

    def action_add_member(self) -> None:
        self.router.add_member(self.listing.rows.rows, self._added)

    def _added(self, member: Member | None) -> None:
        if member is not None:
            self.wanted = member.account_id
            self.say(*members.added(member))
            self.reload()

    def action_save_list(self) -> None:
        member = self.current
        if self.is_on_tokens and member is not None:
            self.save_list("tokens", partial(self._tokens_page, member))
        else:
            super().action_save_list()

    def action_create_token(self) -> None:
        if (member := self.current) is not None:
            self.router.create_token(member)

    def action_change_role(self) -> None:
        if (standing := self.subject()) is not None:
            self.router.change_role(standing, partial(self._role_changed, standing))

    def _role_changed(self, before: Standing, member: Member | None) -> None:
        if member is None:
            return
        self.say(*members.role_changed(member, before.member.role))
        self._look_at_myself(before)
        self.reload()

    def action_remove_member(self) -> None:
        if (standing := self.subject()) is not None:
            removal = membership.removal_of(standing, self.console_app.clock())
            self.router.confirm(removal, partial(self._removed, standing))

    def _removed(self, before: Standing, is_done: bool | None) -> None:  # noqa: FBT001
        if is_done:
            self.say(("✓ ", "green"), *members.removed(before.member))
            self._look_at_myself(before)
            self.reload()

    def action_revoke_token(self) -> None:
        if (token := self.tokens.current) is not None:
            removal = membership.revocation_of(token, self.console_app.clock())
            self.router.confirm(removal, partial(self._revoked, token))

    def _revoked(self, token: Token, is_done: bool | None) -> None:  # noqa: FBT001
        if is_done:
            self.say(("✓ ", "green"), (f"{token.label or token.id}", "ink"),
                     (" signs nobody in any more.", "dim"))  # fmt: skip
            self.reload()

    def _look_at_myself(self, standing: Standing) -> None:
        """After a change of one's own role or membership: the frame shows what is left."""
        if standing.is_me:
            self.console_app.check_connection()

    # Drawing

    def redraw(self) -> None:
        """Make the list as high as its rows, so that the tokens stand below the last of them."""
        if self.is_mounted:
            head = LOW_HEAD if self.app.size.height < LOW else HEAD
            self.listing.styles.height = head + max(1, len(self.listing.rows.rows))

    def _last_seen(self, member: Member) -> Line:
        if self.is_me(member):
            return [("now", "dim")]
        last_seen = next(each for each in columns.MEMBERS if each.name == "last_seen_at")
        return last_seen.draw(member, self.console_app.clock())

    def _remark(self, member: Member) -> Line:
        if self.is_me(member):
            return [("you", "ink")]
        return [members.remark(member, self.console_app.clock())]


def _name(member: Member) -> str:
    return member.account_id
