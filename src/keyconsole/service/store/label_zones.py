"""A zone map of the labels of a workspace: where in their order a text can stand.

A text that forty thousand of a million labels contain is far too much to gather, and may be met
along the list only after all the others. So the labels that begin with the same characters are a
zone, and of each it is known which trigrams its labels contain beside their beginning, as the index
of names has them: a zone that lacks one of the text's is passed over unread. What a label was
called before stays in the map: a zone too many is read, none too few.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import after
from keyconsole.service.store.tables import label_zones

WIDTH = 3
"""So many characters a zone begins with: some hundred zones, where labels are made of words."""
TRIGRAM = 3
_ASKED = 8
"""So many trigrams of a text are asked for: more hardly leave fewer zones."""
_BELOW_EVERY_CHARACTER = "\x01"

_z = label_zones.c


async def possible(tx: Connection, workspace_id: str, text: str) -> Sequence[str]:
    """The zones whose labels may contain the text other than at their beginning, in their order."""
    if "\0" in text:
        return []
    zones = sa.select(_z.zone).where(_z.workspace_id == workspace_id).order_by(_z.zone)
    if len(text) < TRIGRAM:
        query = zones.where(_z.trigram >= text, _z.trigram < after(text)).distinct()
    else:
        every = sorted({text[at : at + TRIGRAM] for at in range(len(text) - TRIGRAM + 1)})
        asked = every[:: -(-len(every) // _ASKED)]
        query = zones.where(_z.trigram.in_(asked)).group_by(_z.zone)
        query = query.having(sa.func.count() == len(asked))
    return (await tx.execute(query)).scalars().all()


def bounds(zone: str) -> tuple[str, str]:
    """The least that a label of the zone can be, and what each of them is less than.

    One that is shorter than a zone is a zone of its own.
    """
    return zone, after(zone) if len(zone) == WIDTH else zone + _BELOW_EVERY_CHARACTER
