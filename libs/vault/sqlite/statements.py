"""The vault's SQL. A record whose time is over counts as absent until it is purged.

A new record's version starts at the time in microseconds, not at 1: whoever still holds the version of a record that
was deleted or expired cannot hit the one that took its place.
"""

MIGRATE = (
    """
    CREATE TABLE IF NOT EXISTS items (
        kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL,
        owner TEXT NOT NULL, confirmed INTEGER NOT NULL, expires_at REAL,
        PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS items_expires ON items(expires_at) WHERE expires_at IS NOT NULL",
)

_INSERT = """
    INSERT INTO items (kind, key, value, version, owner, confirmed, expires_at)
    VALUES (:kind, :key, :value, :version, :owner, :confirmed, :expires_at)
"""

_OVERWRITE = """
    ON CONFLICT DO UPDATE SET
        value = excluded.value, version = version + 1, owner = excluded.owner, confirmed = excluded.confirmed,
        expires_at = excluded.expires_at
"""

_LIVE = "(expires_at IS NULL OR expires_at > :now)"

_RECORD = f"kind = :kind AND key = :key AND {_LIVE}"

_RETURNING = "RETURNING value, version, owner, confirmed"

GET = f"SELECT value, version, owner, confirmed FROM items WHERE {_RECORD}"  # noqa: S608 - our own text throughout

OF_KIND = f"SELECT key, value FROM items WHERE kind = :kind AND {_LIVE}"  # noqa: S608

PUT = f"{_INSERT} {_OVERWRITE} {_RETURNING}"

PUT_IF_ABSENT = f"{_INSERT} {_OVERWRITE} WHERE NOT {_LIVE} {_RETURNING}"

PUT_IF_VERSION = f"""
    UPDATE items SET value = :value, version = version + 1, owner = '', confirmed = 1, expires_at = :expires_at
    WHERE {_RECORD} AND version = :expected {_RETURNING}
"""  # noqa: S608

CONFIRM = f"""
    UPDATE items SET confirmed = 1, version = version + 1, expires_at = NULL
    WHERE {_RECORD} AND owner = :owner AND confirmed = 0
"""  # noqa: S608

DELETE = f"DELETE FROM items WHERE {_RECORD} AND owner = coalesce(:owner, owner)"  # noqa: S608

PAGE = f"""
    SELECT kind, key, value, owner, confirmed, expires_at FROM items
    WHERE (kind, key) > (:kind, :key) AND {_LIVE} ORDER BY kind, key LIMIT :limit
"""  # noqa: S608

EXPIRED = "SELECT kind, key FROM items WHERE expires_at <= ? LIMIT ?"

PURGE = "DELETE FROM items WHERE kind = ? AND key = ? AND expires_at <= ?"
