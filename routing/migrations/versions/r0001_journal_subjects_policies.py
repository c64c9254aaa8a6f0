"""The journal, subjects and policies."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "routing_journal",
        sa.Column("operation", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("microdollars", sa.BigInteger(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("user_day", sa.String(80), nullable=False),
        sa.Column("user_month", sa.String(80), nullable=False),
        sa.Column("global_day", sa.String(80), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("operation", name="pk_routing_journal"),
    )
    for column in ("call_id", "user_day", "user_month", "global_day", "at_ms"):
        op.create_index(f"ix_routing_journal_{column}", "routing_journal", [column])
    op.create_table(
        "routing_subjects",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_routing_subjects"),
        sa.UniqueConstraint("subject", name="uq_routing_subjects_subject"),
    )
    op.create_table(
        "routing_policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_routing_policies"),
    )


def downgrade() -> None:
    op.drop_table("routing_policies")
    op.drop_table("routing_subjects")
    op.drop_table("routing_journal")
