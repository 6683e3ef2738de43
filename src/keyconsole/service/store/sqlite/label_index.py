"""The index of labels on SQLite: FTS5 over tokens that triggers prepare.

`key_names` gives each key the number that FTS5 needs and `api_keys`, without row ids, lacks. A
token (see `label_tokens`) is indexed as the hexadecimal digits of its bytes, which every tokenizer
leaves whole. Only which keys have a token is kept, not where in them (`detail=none`).
"""

# ruff: noqa: S608 - statements are made of constants of this module, and of numbers

import sqlalchemy as sa

from keyconsole.service.store import progress
from keyconsole.service.store.label_tokens import TRIGRAM, TokenQuery
from keyconsole.service.store.tables import api_keys, key_names

BATCH = 100_000
"""So many keys are indexed between two lines that tell how far it has come."""

TABLE = (
    "CREATE VIRTUAL TABLE key_grams USING fts5"
    "(tokens, content='', columnsize=0, detail=none, tokenize='ascii')"
)


def tokens(row: str) -> str:
    """Returns the tokens of a row of `api_keys`, or of `NEW` or `OLD` in a trigger, as SQL."""
    label, pid = f"{row}.label_skeleton", f"{row}.pid"
    # An element for each trigram: there is no other row source inside a trigger.
    zeros = f"replace(hex(zeroblob(length({label}) - {TRIGRAM})), '00', '0,')"
    return f"""(
        SELECT group_concat(
                   hex(w.number || 'x' || substr({label}, place.key + 1, {TRIGRAM})), ' ')
               || ' ' || hex(w.number || 'h' || substr({pid}, 1, {TRIGRAM}))
               || ' ' || hex(w.number || 't' || substr({pid}, -{TRIGRAM}))
        FROM workspaces AS w, json_each('[' || {zeros} || '0]') AS place
        WHERE w.id = {row}.workspace_id)
    """


def _add(row: str) -> str:
    return f"""
        INSERT INTO key_grams (rowid, tokens)
        SELECT id, {tokens(row)} FROM key_names WHERE pid = {row}.pid;
    """


TRIGGERS: dict[str, str] = {
    "api_keys_named": f"""
        CREATE TRIGGER api_keys_named AFTER INSERT ON api_keys
        BEGIN
        INSERT INTO key_names (pid) VALUES (NEW.pid);
        {_add("NEW")}
        END
    """,
    "api_keys_renamed": f"""
        CREATE TRIGGER api_keys_renamed AFTER UPDATE OF label_skeleton ON api_keys
        WHEN NEW.label_skeleton IS NOT OLD.label_skeleton
        BEGIN
        INSERT INTO key_grams (key_grams, rowid, tokens)
        SELECT 'delete', id, {tokens("OLD")} FROM key_names WHERE pid = OLD.pid;
        {_add("NEW")}
        END
    """,
}


def fill(connection: sa.Connection) -> None:
    """Indexes every key, of which none is indexed yet, and tells the progress."""
    last = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM key_names").scalar_one()
    for done in range(0, last, BATCH):
        if done:
            progress.say(f"Indexing labels: {done:,} of {last:,}")
        connection.exec_driver_sql(
            f"INSERT INTO key_grams (rowid, tokens) SELECT id, {tokens('api_keys')} "
            "FROM key_names CROSS JOIN api_keys ON api_keys.pid = key_names.pid "
            f"WHERE id BETWEEN {done + 1} AND {done + BATCH}"
        )


def numbers(asked: TokenQuery) -> sa.Select[int]:
    """Returns the query of the numbers of the keys that have the tokens."""
    grams = sa.table("key_grams", sa.column("rowid", sa.Integer), sa.column("key_grams"))
    every = " AND ".join(map(_quoted, asked.label))
    query = " OR ".join([f"({every})", *map(_quoted, asked.ends)])
    return sa.select(grams.c.rowid).where(grams.c.key_grams.op("MATCH")(query))


def named(numbers: sa.Select[int]) -> sa.ColumnElement[bool]:
    """Returns the condition of the keys with these numbers."""
    pids = sa.select(key_names.c.pid).where(key_names.c.id.in_(numbers))
    return api_keys.c.pid.in_(pids)


def _quoted(token: str) -> str:
    return f'"{token.encode().hex()}"'
