"""When a session was given a successor: it ends once that is shown, so that a lost answer signs nobody out."""

import sqlalchemy as sa
from alembic import op

revision = "p0009"
down_revision = "p0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people_sessions", sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("people_sessions", "succeeded_at")
