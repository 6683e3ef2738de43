"""The index of labels on SQLite: trigrams of every key's name, kept in step by triggers.

FTS5 finds three characters and more. One and two are found as the beginning of a trigram, of
which every character begins one, since two line ends, which no label holds, follow the last. In
place of the first character stands a tab: what a label begins with is found in the order of labels
itself, and a name that a hundred thousand keys begin with is no burden to find it elsewhere.
`key_names` gives each key the number that FTS5 needs and `api_keys`, without row ids, lacks.
"""

import sqlalchemy as sa

from keyconsole.service.store.patterns import after, ending
from keyconsole.service.store.tables import key_names

TRIGRAM = 3

TABLES = (
    "CREATE VIRTUAL TABLE key_grams USING fts5"
    "(name, content='', tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE key_grams_terms USING fts5vocab(key_grams, 'instance')",
)

TAIL = 4
_TAIL = " || ".join(f"substr(NEW.pid, {-place}, 1)" for place in range(1, TAIL + 1))
PADDED = "char(9) || substr(label_skeleton, 2) || char(10, 10)"

TRIGGERS: dict[str, str] = {
    "api_keys_named": f"""
        CREATE TRIGGER api_keys_named AFTER INSERT ON api_keys
        BEGIN
        INSERT INTO key_names (pid, workspace_id, integration_id, label_skeleton, tail)
        VALUES (NEW.pid, NEW.workspace_id, NEW.integration_id, NEW.label_skeleton, {_TAIL});
        INSERT INTO key_grams (rowid, name)
        SELECT id, {PADDED} FROM key_names WHERE pid = NEW.pid;
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
        END
    """,  # noqa: S608 - constants of this module
}


def numbers(text: str, pid_part: str | None) -> sa.Select[int]:
    """The numbers of the names that contain the text, other than at their beginning.

    And of the keys whose pid begins or ends with a part of one.
    """
    if not pid_part:
        return _labelled(text)
    c, tail = key_names.c, pid_part[::-1][:TAIL]
    begins = sa.select(c.id).where(c.pid >= pid_part, c.pid < after(pid_part))
    ends = sa.select(c.id).where(c.tail >= tail, c.tail < after(tail), ending(c.pid, pid_part))
    found = sa.union_all(_labelled(text), begins, ends).subquery()
    return sa.select(found.c[0])


def _labelled(text: str) -> sa.Select[int]:
    if len(text) < TRIGRAM:
        terms = sa.table("key_grams_terms", sa.column("term", sa.Text), sa.column("doc"))
        return sa.select(terms.c.doc).where(terms.c.term >= text, terms.c.term < after(text))
    index = sa.table("key_grams", sa.column("rowid", sa.Integer), sa.column("key_grams"))
    phrase = '"' + text.replace('"', '""') + '"'
    return sa.select(index.c.rowid).where(index.c.key_grams.op("MATCH")(phrase))
