"""Logs: JSON lines on standard error, with a last guard that redacts credentials.

Until `configure` is called nothing is written anywhere: inside the console, standard error is
the screen. Tracebacks never show local variables, which is where secrets are.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from keyconsole.core import credentialtext

_NAME = "keyconsole.service"

logging.getLogger(_NAME).addHandler(logging.NullHandler())


def redact(_logger: Any, _method: str, event: EventDict) -> Any:
    """Redacts, as a processor of structlog, every text that looks like a credential."""
    return _redacted(event)


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


_ORIGIN: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_ENDING: list[Processor] = [
    structlog.processors.format_exc_info,
    redact,
    structlog.processors.JSONRenderer(),
]

log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    logging.getLogger(_NAME),
    processors=[
        structlog.stdlib.filter_by_level,
        *_ORIGIN,
        structlog.processors.format_exc_info,
        redact,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)
"""The logger of the service, whatever else this process configured."""


def configure(level: str) -> None:
    """Sends the logs of the service, and those of its libraries, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_ORIGIN,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ENDING],
        )
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers = [handler]
    # Libraries at debug print statements and headers: theirs starts at info.
    root.setLevel(max(number, logging.INFO))
    logging.getLogger(_NAME).setLevel(number)
    logging.getLogger("alembic").setLevel(logging.WARNING)
