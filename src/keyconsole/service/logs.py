"""Logs: JSON lines on standard error, with a last guard that redacts credentials.

Until `configure` is called nothing is written anywhere: inside the console, standard error is
the screen. Tracebacks never show local variables, which is where secrets are.
"""

import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

from keyconsole.core import credentialtext

_NAME = "keyconsole.service"

logging.getLogger(_NAME).addHandler(logging.NullHandler())


class EventLogger(logging.LoggerAdapter[logging.Logger]):
    """Takes the values of an event as keywords: `log.error("it failed", reason=…)`.

    No handler of this process gets a text that looks like a credential, nor the traceback itself.
    """

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Returns the whole event, redacted however deep, as the message."""
        error = kwargs.pop("exc_info", None)
        event = {"event": msg, **kwargs}
        if error:
            raised = error if isinstance(error, BaseException) else sys.exception()
            event["exception"] = "".join(traceback.format_exception(raised))
        return _redacted(event), {}


class JsonLines(logging.Formatter):
    """Writes each event, and each message of a library, as one JSON document, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of a record."""
        event = dict(record.msg) if isinstance(record.msg, dict) else {"event": record.getMessage()}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        origin = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="microseconds")
            .replace("+00:00", "Z"),
        }
        return json.dumps(_redacted({**event, **origin}))


def _redacted(value: Any) -> Any:
    match value:
        case str():
            return credentialtext.redact(value)
        case dict():
            return {_redacted(key): _redacted(item) for key, item in value.items()}
        case list() | tuple():
            return [_redacted(item) for item in value]
        case bytes():
            return _redacted(value.decode("latin-1"))
        case int() | float() | None:
            return value
        case _:
            return _redacted(str(value))


log = EventLogger(logging.getLogger(_NAME))
"""The logger of the service, whatever else this process configured."""


def configure(level: str) -> None:
    """Sends the logs of the service, and those of its libraries, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    number = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers = [handler]
    # Libraries at debug print statements and headers: theirs starts at info.
    root.setLevel(max(number, logging.INFO))
    logging.getLogger(_NAME).setLevel(number)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
