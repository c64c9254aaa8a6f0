"""Tasks, their changes and the operations that were answered."""

import sqlalchemy as sa
from alembic import op

revision = "t0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("due", sa.String(19)),
        sa.Column("due_instant", sa.DateTime(timezone=True)),
        sa.Column("due_words", sa.String(200)),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_owner_status_due", "tasks", ["owner", "status", "due"])
    op.create_table(
        "tasks_changes",
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version_after", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_tasks_changes"),
    )
    op.create_index("ix_tasks_changes_owner", "tasks_changes", ["owner"])
    op.create_index("ix_tasks_changes_at", "tasks_changes", ["at"])
    op.create_table(
        "tasks_operations",
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("operation_id", sa.String(128), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "operation_id", name="pk_tasks_operations"),
    )
    op.create_index("ix_tasks_operations_at", "tasks_operations", ["at"])


def downgrade() -> None:
    op.drop_table("tasks_operations")
    op.drop_table("tasks_changes")
    op.drop_table("tasks")
