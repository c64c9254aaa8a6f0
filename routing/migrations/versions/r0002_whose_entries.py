"""Entries are found by whose they are: people look at their own calls."""

from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_routing_journal_subject", "routing_journal", ["subject"])


def downgrade() -> None:
    op.drop_index("ix_routing_journal_subject", "routing_journal")
