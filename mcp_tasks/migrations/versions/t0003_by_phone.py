"""Tasks whose owner wants to be called when they are due."""

import sqlalchemy as sa
from alembic import op

revision = "t0003"
down_revision = "t0002"
branch_labels = None
depends_on = None

INDEX = "ix_tasks_by_phone"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("by_phone", sa.Boolean(), nullable=False, server_default=sa.false()))
    few = sa.text("by_phone")
    op.create_index(INDEX, "tasks", ["due_key"], sqlite_where=few, postgresql_where=few)


def downgrade() -> None:
    op.drop_index(INDEX, "tasks")
    op.drop_column("tasks", "by_phone")
