"""Priority, list, tags, recurrence, changes without words, and what finds a task by its sound."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from mcp_tasks.derived import NO_DUE, fresh_number, list_key, search_text, spaced
from mcp_tasks.spoken_form import sound, spoken_form

revision = "t0002"
down_revision = "t0001"
branch_labels = None
depends_on = None

_BATCH = 1_000
# Views and triggers are SQLite's way to a full-text index that holds no second copy of the words.
_FULL_TEXT = (
    """CREATE VIEW tasks_search AS SELECT number, lower(hex(owner)) AS owner_key, words, sounds FROM tasks""",
    """CREATE VIRTUAL TABLE tasks_words USING fts5(owner_key, words, sounds, content='tasks_search',
       content_rowid='number', tokenize='unicode61 remove_diacritics 0', detail=column, columnsize=0)""",
    """CREATE TRIGGER tasks_words_insert AFTER INSERT ON tasks BEGIN
       INSERT INTO tasks_words(rowid, owner_key, words, sounds)
       VALUES (new.number, lower(hex(new.owner)), new.words, new.sounds); END""",
    """CREATE TRIGGER tasks_words_delete AFTER DELETE ON tasks BEGIN
       INSERT INTO tasks_words(tasks_words, rowid, owner_key, words, sounds)
       VALUES ('delete', old.number, lower(hex(old.owner)), old.words, old.sounds); END""",
    """CREATE TRIGGER tasks_words_update AFTER UPDATE OF owner, number, words, sounds ON tasks BEGIN
       INSERT INTO tasks_words(tasks_words, rowid, owner_key, words, sounds)
       VALUES ('delete', old.number, lower(hex(old.owner)), old.words, old.sounds);
       INSERT INTO tasks_words(rowid, owner_key, words, sounds)
       VALUES (new.number, lower(hex(new.owner)), new.words, new.sounds); END""",
    """INSERT INTO tasks_words(tasks_words) VALUES ('rebuild')""",
)


def upgrade() -> None:
    for column in _new_columns():
        op.add_column("tasks", column)
    op.add_column("tasks_changes", sa.Column("what", sa.String(200), nullable=False, server_default=""))
    op.add_column("tasks_changes", sa.Column("made", sa.String(16)))
    _derive()
    op.drop_index("ix_tasks_owner_status_due", "tasks")
    order = ["owner", "status", "due_key", "created_at", "number", "due_instant"]
    op.create_index("ix_tasks_owner_status_due", "tasks", order)
    for name, columns, condition in (
        ("ix_tasks_owner_completed", ["owner", "completed_at"], "completed_at IS NOT NULL"),
        ("ix_tasks_owner_list", ["owner", "list_key", "status"], "list_key IS NOT NULL"),
        ("uq_tasks_owner_uid", ["owner", "uid"], "uid IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(
            name,
            "tasks",
            columns,
            unique=name.startswith("uq"),
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_index("ix_tasks_owner_title", "tasks", ["owner", "title_key"])
    op.create_index("uq_tasks_number", "tasks", ["number"], unique=True)
    op.drop_index("ix_tasks_changes_owner", "tasks_changes")
    op.create_index("ix_tasks_changes_owner", "tasks_changes", ["owner", "id"])
    if op.get_context().dialect.name == "sqlite":
        for statement in _FULL_TEXT:
            op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for kind in ("update", "delete", "insert"):
            op.execute(f"DROP TRIGGER tasks_words_{kind}")
        op.execute("DROP TABLE tasks_words")
        op.execute("DROP VIEW tasks_search")
    # Changes past undoing mean nothing to the version before: it would take them for creations.
    op.execute("DELETE FROM tasks_changes WHERE before IS NULL AND kind <> 'create'")
    op.drop_index("ix_tasks_changes_owner", "tasks_changes")
    op.create_index("ix_tasks_changes_owner", "tasks_changes", ["owner"])
    for name in (
        "uq_tasks_number",
        "ix_tasks_owner_title",
        "uq_tasks_owner_uid",
        "ix_tasks_owner_list",
        "ix_tasks_owner_completed",
        "ix_tasks_owner_status_due",
    ):
        op.drop_index(name, "tasks")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP INDEX IF EXISTS ix_tasks_words, ix_tasks_sounds")
    op.drop_column("tasks_changes", "made")
    op.drop_column("tasks_changes", "what")
    for column in reversed(_new_columns()):
        op.drop_column("tasks", column.name)
    op.create_index("ix_tasks_owner_status_due", "tasks", ["owner", "status", "due"])


def _new_columns() -> list[sa.Column[Any]]:
    """A column belongs to one table, so they are made anew for each use."""
    return [
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00"
        ),
        sa.Column("priority", sa.String(6), nullable=False, server_default="normal"),
        sa.Column("list_name", sa.String(50), nullable=False, server_default=""),
        sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("rrule", sa.String(200)),
        sa.Column("repeats_from", sa.String(19)),
        sa.Column("uid", sa.String(255)),
        sa.Column("due_key", sa.String(19), nullable=False, server_default=NO_DUE),
        sa.Column("list_key", sa.String(100)),
        sa.Column("title_key", sa.Text(), nullable=False, server_default=""),
        sa.Column("words", sa.Text(), nullable=False, server_default=""),
        sa.Column("sounds", sa.Text(), nullable=False, server_default=""),
        sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
    ]


def _derive() -> None:
    """Fill the new columns of tasks that are there already."""
    tasks = sa.table(
        "tasks",
        *(sa.column(name) for name in ("owner", "id", "title", "notes", "due")),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("completed_at", sa.DateTime(timezone=True)),
        sa.column("updated_at", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in ("due_key", "list_key", "title_key", "search_text", "words", "sounds")),
        sa.column("number", sa.BigInteger()),
    )
    connection = op.get_bind()
    kept = ("owner", "id", "title", "notes", "due", "created_at", "completed_at")
    rows = connection.execute(sa.select(*(tasks.c[name] for name in kept))).all()
    change = tasks.update().where(tasks.c.owner == sa.bindparam("o"), tasks.c.id == sa.bindparam("i"))
    first = fresh_number()
    for start in range(0, len(rows), _BATCH):
        filled = []
        for place, row in enumerate(rows[start : start + _BATCH], start):
            text = search_text(row.title, row.notes, "", [])
            words = spoken_form(text).split()
            filled.append(
                {
                    "o": row.owner,
                    "i": row.id,
                    "updated_at": _utc(row.completed_at or row.created_at),
                    "due_key": row.due or NO_DUE,
                    "list_key": list_key(""),
                    "title_key": spoken_form(row.title),
                    "search_text": text,
                    "words": spaced(words),
                    "sounds": spaced([sound(word) for word in words]),
                    "number": first + place,
                }
            )
        connection.execute(change, filled)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
