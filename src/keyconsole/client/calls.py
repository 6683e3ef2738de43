"""The calls that all methods of the client share: an address and a model, and an answer back."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel

from keyconsole.client import answers
from keyconsole.client.addresses import Parameter, address
from keyconsole.client.etags import ETags
from keyconsole.client.retrying import patiently
from keyconsole.client.transport import Exchange, Reply
from keyconsole.core.errors import UnexpectedAnswerError, problem
from keyconsole.wire import Answer, Page

AnswerT = TypeVar("AnswerT", bound=Answer)
PageT = TypeVar("PageT", bound=Page[Any])

MOST_EMPTY = 10_000
"""After so many pages without anything in them nothing is believed to come any more."""

Choose = Callable[[], Awaitable[str | None]]
"""Returns the id of the workspace that changes are made in, if one has to be named."""

_NOT_MODIFIED = 304
_NAMED = re.compile(r"[?&]workspace=")
_ETAG = re.compile(r"[!-~]{1,512}")


class Calls:
    """Reads with ETags, and writes, which `read_only` refuses before anything is sent.

    What only reads is asked again by itself where that can help. A change is sent once: whoever
    holds what makes it safe to send twice, and tells a person, sends it again.
    """

    def __init__(self, exchange: Exchange, *, read_only: bool) -> None:
        self.exchange = exchange
        self.read_only = read_only
        self.choose_workspace: Choose | None = None
        self._etags = ETags()

    async def get(self, address: str, model: type[AnswerT]) -> AnswerT:
        """Reads; returns the same object as before while the service says that nothing changed."""
        return await patiently(lambda: self._get(address, model))

    async def page(
        self,
        segments: Sequence[str],
        parameters: Mapping[str, Parameter | None],
        model: type[PageT],
    ) -> PageT:
        """Reads the next page that has something in it, or the last one.

        Where few of many match, a page may be empty while there is more. Raises
        `UnexpectedAnswerError` where the pages go in a circle.
        """
        seen = {parameters["cursor"]}
        while True:
            page = await self.get(address(*segments, query=parameters), model)
            if page.items or page.next_cursor is None:
                return page
            if page.next_cursor in seen or len(seen) > MOST_EMPTY:
                raise UnexpectedAnswerError("The service repeats itself: its list has no end.")
            seen.add(page.next_cursor)
            parameters = {**parameters, "cursor": page.next_cursor}

    async def _get(self, address: str, model: type[AnswerT]) -> AnswerT:
        known = self._etags.recall(address)
        headers = {"If-None-Match": known.etag} if known else {}
        reply = await self.exchange.send("GET", address, headers=headers, body=None)
        if known and reply.status == _NOT_MODIFIED and isinstance(known.answer, model):
            return known.answer
        answer = answers.read(self.exchange.peer, reply, model)
        no_store = "no-store" in reply.headers.get("Cache-Control", "").lower()
        self._etags.remember(address, _etag(reply), answer, no_store=no_store)
        return answer

    async def ask(self, address: str, request: BaseModel, model: type[AnswerT]) -> AnswerT:
        """Reads by POST, for a question that must not be in an address."""
        body = request.model_dump_json(exclude_none=True)
        return await patiently(lambda: self._send("POST", address, body, model))

    async def post(
        self,
        address: str,
        request: BaseModel | None,
        model: type[AnswerT],
        *,
        headers: dict[str, str] | None = None,
        nulls: Iterable[str] = (),
    ) -> AnswerT:
        """Creates or changes by POST. Fields that are `None` are left out, but for `nulls`."""
        self._refuse_if_read_only()
        body = None
        if request is not None:
            fields = request.model_dump(mode="json", exclude_none=True) | dict.fromkeys(nulls)
            body = json.dumps(fields, separators=(",", ":"))
        return await self._send("POST", await self._placed(address), body, model, headers)

    async def patch(
        self,
        address: str,
        patch: BaseModel,
        model: type[AnswerT],
        *,
        headers: dict[str, str] | None = None,
    ) -> AnswerT:
        """Changes the fields that were set, `None` included."""
        self._refuse_if_read_only()
        body = patch.model_dump_json(exclude_unset=True)
        return await self._send("PATCH", await self._placed(address), body, model, headers)

    async def put(self, address: str, request: BaseModel, model: type[AnswerT]) -> AnswerT:
        """Puts what is there in place of what was."""
        self._refuse_if_read_only()
        body = request.model_dump_json()
        return await self._send("PUT", await self._placed(address), body, model)

    async def act(self, address: str) -> None:
        """Changes by POST; the answer has no body."""
        self._refuse_if_read_only()
        reply = await self.exchange.send("POST", address, headers={}, body=None)
        answers.read_nothing(self.exchange.peer, reply)

    async def delete(self, address: str) -> None:
        """Deletes; the answer has no body."""
        self._refuse_if_read_only()
        where = await self._placed(address)
        reply = await self.exchange.send("DELETE", where, headers={}, body=None)
        answers.read_nothing(self.exchange.peer, reply)

    async def _send(
        self,
        method: str,
        address: str,
        body: str | None,
        model: type[AnswerT],
        headers: dict[str, str] | None = None,
    ) -> AnswerT:
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        reply = await self.exchange.send(
            method, address, headers=sent, body=body.encode() if body is not None else None
        )
        return answers.read(self.exchange.peer, reply, model)

    async def _placed(self, address: str) -> str:
        """Returns the address of a change, with the workspace if one has to be named."""
        if self.choose_workspace is None or _NAMED.search(address):
            return address
        workspace_id = await self.choose_workspace()
        if workspace_id is None:
            return address
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'workspace': workspace_id})}"

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise problem("permission-denied", "This is read-only mode: nothing was sent.")


class Resource:
    """The base of the calls of one resource."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls


def _etag(reply: Reply) -> str | None:
    """Returns the tag of an answer if it can be sent back: visible ASCII, 512 at most."""
    tag = reply.headers.get("ETag", "")
    return tag if _ETAG.fullmatch(tag) else None
