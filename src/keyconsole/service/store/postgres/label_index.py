"""The index of labels on PostgreSQL: an array of tokens a key (see `label_tokens`), under GIN.

Made of what every server has, so that no extension is asked for. `key_names` keeps what is indexed
apart from the keys, whose rows are written anew with each second of use.
"""

# ruff: noqa: S608 - statements are made of constants of this module

import sqlalchemy as sa

from keyconsole.service.store.label_tokens import TRIGRAM, TokenQuery
from keyconsole.service.store.tables import api_keys

_INDEX = "ix_key_names_tokens"
_STATE = f"""
    SELECT to_regclass('{_INDEX}') IS NOT NULL
           AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('api_keys')
                       AND tgname = 'api_keys_named' AND tgenabled = 'A')
"""

FORMER = (
    "DROP TRIGGER IF EXISTS api_keys_zoned ON api_keys",
    "DROP FUNCTION IF EXISTS api_keys_zoned()",
    "DROP TRIGGER IF EXISTS api_keys_named ON api_keys",
    "DROP TABLE IF EXISTS key_names",
    "DROP FUNCTION IF EXISTS label_trigrams(text)",
    "DROP INDEX IF EXISTS ix_api_keys_pid_from_its_end",
    "DROP INDEX IF EXISTS ix_api_keys_label_trigrams",
)
"""Drops the indexes of former versions, of which no revision of the schema tells."""

_NAMES = """
    SELECT k.pid, w.number, k.label_skeleton
    FROM {keys} JOIN workspaces AS w ON w.id = k.workspace_id
"""
_STATEMENTS = (
    f"""
    CREATE OR REPLACE FUNCTION label_tokens(number integer, pid text, label text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $of$
        SELECT array_agg(DISTINCT number::text || 'x' || substr(label, place, {TRIGRAM}))
               || (number::text || 'h' || left(pid, {TRIGRAM}))
               || (number::text || 't' || right(pid, {TRIGRAM}))
        FROM generate_series(1, greatest(length(label) - {TRIGRAM - 1}, 1)) AS place
    $of$
    """,
    """
    CREATE TABLE IF NOT EXISTS key_names (
        pid text COLLATE "C" PRIMARY KEY, number integer NOT NULL,
        label_skeleton text COLLATE "C" NOT NULL)
    """,
    f"""
    CREATE OR REPLACE FUNCTION api_keys_named() RETURNS trigger LANGUAGE plpgsql AS $kept$
    BEGIN
        INSERT INTO key_names (pid, number, label_skeleton)
        {_NAMES.format(keys="(SELECT NEW.*) AS k")}
        ON CONFLICT (pid) DO UPDATE SET label_skeleton = EXCLUDED.label_skeleton;
        RETURN NULL;
    END
    $kept$
    """,
    """
    CREATE OR REPLACE TRIGGER api_keys_named AFTER INSERT OR UPDATE OF label_skeleton ON api_keys
    FOR EACH ROW EXECUTE FUNCTION api_keys_named()
    """,
    "ALTER TABLE api_keys ENABLE ALWAYS TRIGGER api_keys_named",
    # Only now: the trigger has kept out whoever writes until this is committed.
    f"""
    INSERT INTO key_names (pid, number, label_skeleton) {_NAMES.format(keys="api_keys AS k")}
    ON CONFLICT (pid) DO UPDATE SET label_skeleton = EXCLUDED.label_skeleton
    WHERE key_names.label_skeleton <> EXCLUDED.label_skeleton
    """,
    # Kept in order at once: what waits to be sorted in is read by every search.
    f"""
    CREATE INDEX IF NOT EXISTS {_INDEX} ON key_names
    USING gin (label_tokens(number, pid, label_skeleton)) WITH (fastupdate = off)
    """,
    "ANALYZE key_names",
)

_names = sa.table(
    "key_names",
    sa.column("pid", sa.Text),
    sa.column("number", sa.Integer),
    sa.column("label_skeleton", sa.Text),
)
_TOKENS = sa.func.label_tokens(_names.c.number, _names.c.pid, _names.c.label_skeleton)


def is_there(connection: sa.Connection) -> bool:
    """Returns true if the index is there, and kept by its trigger."""
    return bool(connection.exec_driver_sql(_STATE).scalar_one())


def install(connection: sa.Connection) -> None:
    """Makes the index if it is missing."""
    if not is_there(connection):
        for statement in _STATEMENTS:
            connection.exec_driver_sql(statement)


def pids(asked: TokenQuery) -> sa.Select[str]:
    """Returns the query of the pids of the keys that have the tokens."""
    found = _operator("@>", asked.label)
    if asked.ends:
        found |= _operator("&&", asked.ends)
    return sa.select(_names.c.pid).where(found)


def named(pids: sa.Select[str]) -> sa.ColumnElement[bool]:
    """Returns the condition of the keys with these pids."""
    return api_keys.c.pid.in_(pids)


def _operator(name: str, tokens: tuple[str, ...]) -> sa.ColumnElement[bool]:
    # The dialect is loaded only where it is in use, as in `upserts`.
    from sqlalchemy.dialects.postgresql import ARRAY, array

    wanted = sa.cast(array(tokens), ARRAY(sa.Text))
    return sa.type_coerce(_TOKENS, ARRAY(sa.Text)).op(name, is_comparison=True)(wanted)
