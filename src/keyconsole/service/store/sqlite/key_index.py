"""The index of labels as the migrations up to 0004 make it. Nothing else uses it."""

WIDTH = 3
TRIGRAM = 3

TABLES = (
    "CREATE VIRTUAL TABLE key_grams USING fts5"
    "(name, content='', tokenize='trigram case_sensitive 1')",
    "CREATE VIRTUAL TABLE key_grams_terms USING fts5vocab(key_grams, 'instance')",
)
PADDED = "char(9) || substr(label_skeleton, 2) || char(10, 10)"


def zoned(source: str) -> str:
    """The statement that enters the labels of the table `source` into the zone map."""
    label = f"{source}.label_skeleton"
    places = f"json_each('[' || replace(hex(zeroblob(length({label}) - 2)), '00', '0,') || '0]')"
    return f"""
        INSERT INTO label_zones (workspace_id, trigram, zone)
        SELECT {source}.workspace_id, substr({label} || char(10, 10), place.key + 2, {TRIGRAM}),
               substr({label}, 1, {WIDTH})
        FROM {source} CROSS JOIN {places} AS place WHERE true
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - constants of this module
