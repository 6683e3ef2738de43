"""The index of labels on SQLite: trigrams of every key's name, kept in step by triggers.

FTS5 finds three characters and more. One and two are found as the beginning of a trigram, of
which every character begins one, since two line ends, which no label holds, follow the last. In
place of the first character stands a tab: what a label begins with is found in the order of labels
itself, and a name that a hundred thousand keys begin with is no burden to find it elsewhere.
`key_names` gives each key the number that FTS5 needs and `api_keys`, without row ids, lacks.
"""

import sqlalchemy as sa

from keyconsole.service.store.label_zones import TRIGRAM, WIDTH
from keyconsole.service.store.patterns import after, ending
from keyconsole.service.store.tables import key_names

TABLES = (
    "CREATE VIRTUAL TABLE key_grams USING fts5"
    "(name, content='', tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE key_grams_terms USING fts5vocab(key_grams, 'instance')",
)

TAIL = 4
_TAIL = " || ".join(f"substr(NEW.pid, {-place}, 1)" for place in range(1, TAIL + 1))
PADDED = "char(9) || substr(label_skeleton, 2) || char(10, 10)"


def zoned(source: str) -> str:
    """What enters the labels of `source` into the zone map: the table of keys, or a new row."""
    row = "NEW" if source == "NEW" else "api_keys"
    tables = "" if source == "NEW" else f"{source} CROSS JOIN "
    label = f"{row}.label_skeleton"
    # A number for each character but the first: there is no other row source inside a trigger.
    places = f"json_each('[' || replace(hex(zeroblob(length({label}) - 2)), '00', '0,') || '0]')"
    return f"""
        INSERT INTO label_zones (workspace_id, trigram, zone)
        SELECT {row}.workspace_id, substr({label} || char(10, 10), place.key + 2, {TRIGRAM}),
               substr({label}, 1, {WIDTH})
        FROM {tables}{places} AS place WHERE true
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - constants of this module


TRIGGERS: dict[str, str] = {
    "api_keys_named": f"""
        CREATE TRIGGER api_keys_named AFTER INSERT ON api_keys
        BEGIN
        INSERT INTO key_names (pid, label_skeleton, tail)
        VALUES (NEW.pid, NEW.label_skeleton, {_TAIL});
        INSERT INTO key_grams (rowid, name)
        SELECT id, {PADDED} FROM key_names WHERE pid = NEW.pid;
        {zoned("NEW")};
        END
    """,  # noqa: S608 - constants of this module
    "api_keys_renamed": f"""
        CREATE TRIGGER api_keys_renamed AFTER UPDATE OF label_skeleton ON api_keys
        WHEN NEW.label_skeleton IS NOT OLD.label_skeleton
        BEGIN
        INSERT INTO key_grams (key_grams, rowid, name)
        SELECT 'delete', id, {PADDED} FROM key_names WHERE pid = NEW.pid;
        UPDATE key_names SET label_skeleton = NEW.label_skeleton WHERE pid = NEW.pid;
        INSERT INTO key_grams (rowid, name)
        SELECT id, {PADDED} FROM key_names WHERE pid = NEW.pid;
        {zoned("NEW")};
        END
    """,  # noqa: S608 - constants of this module
}


def named(part: str) -> tuple[sa.Select[int], ...]:
    """The numbers of the keys whose pid begins with a part of one, and of those that end so."""
    c, tail = key_names.c, part[::-1][:TAIL]
    begins = sa.select(c.id).where(c.pid >= part, c.pid < after(part))
    ends = sa.select(c.id).where(c.tail >= tail, c.tail < after(tail), ending(c.pid, part))
    return begins, ends


def labelled(text: str) -> sa.Select[int]:
    """The numbers of the names that contain the text, other than at their beginning."""
    if len(text) < TRIGRAM:
        terms = sa.table("key_grams_terms", sa.column("term", sa.Text), sa.column("doc"))
        return sa.select(terms.c.doc).where(terms.c.term >= text, terms.c.term < after(text))
    index = sa.table("key_grams", sa.column("rowid", sa.Integer), sa.column("key_grams"))
    phrase = '"' + text.replace('"', '""') + '"'
    return sa.select(index.c.rowid).where(index.c.key_grams.op("MATCH")(phrase))
