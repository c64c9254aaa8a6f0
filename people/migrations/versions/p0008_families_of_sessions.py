"""What sessions of one sign-in have in common, though the session's id changes: signing out ends all of them."""

import sqlalchemy as sa
from alembic import op

revision = "p0008"
down_revision = "p0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "people_sessions", sa.Column("family_hash", sa.String(64), nullable=False, server_default="")
    )
    op.create_index("ix_people_sessions_family_hash", "people_sessions", ["family_hash"])


def downgrade() -> None:
    op.drop_index("ix_people_sessions_family_hash", "people_sessions")
    op.drop_column("people_sessions", "family_hash")
