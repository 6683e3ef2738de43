"""The index of names on PostgreSQL: trigrams of labels, and public keys from their ends.

Made of what every server has, so that no extension is asked for. Each character of a label begins
a trigram, since two line ends, which no label holds, follow the last; so one and two characters
are found as the beginning of one. In place of the first character stands a tab: what a label
begins with is found in the order of labels itself. `key_names` keeps the names apart from the
keys, whose rows are written anew with each second of use.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from keyconsole.service.store import patterns
from keyconsole.service.store.label_zones import TRIGRAM, WIDTH
from keyconsole.service.store.patterns import after, containing, starting
from keyconsole.service.store.tables import api_keys, key_names

_ENDS = "ix_api_keys_pid_from_its_end"
_INDEX = "ix_key_names_trigrams"
_FORMER = "ix_api_keys_label_trigrams"
_STATE = f"""
    SELECT to_regclass('{_ENDS}') IS NOT NULL AS has_ends,
           to_regclass('{_INDEX}') IS NOT NULL AS has_trigrams,
           to_regclass('{_FORMER}') IS NOT NULL AS has_former,
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('key_names')
                   AND attname = 'integration_id' AND NOT attisdropped) AS has_places,
           EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('api_keys')
                   AND tgname = 'api_keys_named' AND tgenabled = 'A') AS is_kept,
           EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('api_keys')
                   AND tgname = 'api_keys_zoned' AND tgenabled = 'A') AS is_zoned
"""  # noqa: S608 - constants of this module
_SAMPLED = 2_000
_ALL = sa.literal_column(
    "(SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = to_regclass('key_names'))", sa.Float
)
_SHARE = sa.func.least(100, 100.0 * _SAMPLED / _ALL)


def _kept(name: str, change: str) -> tuple[str, ...]:
    """What makes a change with every label that is written, whoever writes it."""
    return (
        f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $kept$
        BEGIN
            {change};
            RETURN NULL;
        END
        $kept$
        """,
        f"""
        CREATE OR REPLACE TRIGGER {name} AFTER INSERT OR UPDATE OF label_skeleton ON api_keys
        FOR EACH ROW EXECUTE FUNCTION {name}()
        """,
        f"ALTER TABLE api_keys ENABLE ALWAYS TRIGGER {name}",
    )


_NAMES = (
    r"""
    CREATE OR REPLACE FUNCTION label_trigrams(label text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $of$
        SELECT array_to_tsvector(array_agg(DISTINCT
            substr(E'\t' || substr(label, 2) || E'\n\n', place, 3)))
        FROM generate_series(1, length(label)) AS place
    $of$
    """,
    """
    CREATE TABLE IF NOT EXISTS key_names (
        pid text COLLATE "C" PRIMARY KEY, label_skeleton text COLLATE "C" NOT NULL)
    """,
    *_kept(
        "api_keys_named",
        """
        INSERT INTO key_names (pid, label_skeleton) VALUES (NEW.pid, NEW.label_skeleton)
        ON CONFLICT (pid) DO UPDATE SET label_skeleton = EXCLUDED.label_skeleton
        """,
    ),
    # Only now: the trigger has kept out whoever writes until this is committed.
    """
    INSERT INTO key_names (pid, label_skeleton) SELECT pid, label_skeleton FROM api_keys
    ON CONFLICT (pid) DO UPDATE SET label_skeleton = EXCLUDED.label_skeleton
    WHERE key_names.label_skeleton <> EXCLUDED.label_skeleton
    """,
    # Kept in order at once: what waits to be sorted in is read by every search.
    f"""
    CREATE INDEX IF NOT EXISTS {_INDEX} ON key_names USING gin (label_trigrams(label_skeleton))
    WITH (fastupdate = off)
    """,
    "ANALYZE key_names",
)
_FORMER_PLACES = """
    ALTER TABLE key_names DROP COLUMN workspace_id, DROP COLUMN integration_id
"""


def _zoned(row: str, tables: str) -> str:
    label, each = f"{row}.label_skeleton", "DISTINCT" if tables else ""
    return f"""
        INSERT INTO label_zones (workspace_id, trigram, zone)
        SELECT {each} {row}.workspace_id, substr({label} || E'\\n\\n', place, {TRIGRAM}),
               substr({label}, 1, {WIDTH})
        FROM {tables}generate_series(2, length({label})) AS place
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - constants of this module


_ZONES = (
    *_kept("api_keys_zoned", _zoned("NEW", "")),
    _zoned("api_keys", "api_keys CROSS JOIN "),
    "ANALYZE label_zones",
)


def wanted(connection: sa.Connection) -> list[str]:
    """What makes that which is missing."""
    found = connection.exec_driver_sql(_STATE).one()
    statements = []
    if not found.has_ends:
        statements.append(f"CREATE INDEX {_ENDS} ON api_keys (reverse(pid))")
    if found.has_places:
        statements.append(_FORMER_PLACES)
    if found.has_places or not (found.has_trigrams and found.is_kept):
        statements += _NAMES
    if not found.is_zoned:
        statements += _ZONES
    if found.has_former:
        statements.append(f"DROP INDEX {_FORMER}")
    return statements


def install(connection: sa.Connection) -> None:
    """Make what is missing."""
    for statement in wanted(connection):
        connection.exec_driver_sql(statement)


def labelled(text: str) -> sa.Select[str]:
    """The pids of the names that contain the text, other than at their beginning.

    And of some that only contain its trigrams: whoever gathers them asks each.
    """
    return sa.select(key_names.c.pid).where(_has_trigrams(text))


def _has_trigrams(text: str) -> sa.ColumnElement[bool]:
    if "\0" in text:
        return sa.false()
    if len(text) < TRIGRAM:
        query = f"{_quoted(text)}:*"
    else:
        trigrams = {text[at : at + TRIGRAM] for at in range(len(text) - TRIGRAM + 1)}
        query = " & ".join(sorted(map(_quoted, trigrams)))
    trigrams_of = sa.func.label_trigrams(key_names.c.label_skeleton)
    return trigrams_of.op("@@", is_comparison=True)(sa.cast(sa.literal(query, sa.Text), TSQUERY))


def sample(text: str, pid_part: str | None) -> sa.Select[int, int, float]:
    """How many names of a few pages contain the text, of how many, and of how many in all.

    Or begin or end with a part of a pid. The index of a text that many names contain is read to
    its end before the first of them.
    """
    some = key_names.tablesample(sa.func.system(_SHARE))
    wanted = containing(some.c.label_skeleton, text)
    if pid_part:
        wanted |= starting(some.c.pid, pid_part) | patterns.ending(some.c.pid, pid_part)
    return sa.select(sa.func.count().filter(wanted), sa.func.count(), _ALL).select_from(some)


def named(part: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """A pid begins with a part of one; it ends so. Each by its own index."""
    pid, end = api_keys.c.pid, part[::-1]
    backwards = sa.func.reverse(pid)
    return (pid >= part) & (pid < after(part)), (backwards >= end) & (backwards < after(end))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
