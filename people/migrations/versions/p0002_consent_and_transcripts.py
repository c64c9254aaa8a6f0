"""Consent by channel, and the transcripts that it allows."""

import sqlalchemy as sa
from alembic import op

revision = "p0002"
down_revision = "p0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_consents",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "channel", name="pk_people_consents"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_consents_user_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "people_transcripts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speaker", sa.String(16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_transcripts"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_transcripts_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_people_transcripts_user_id", "people_transcripts", ["user_id"])
    op.create_index("ix_people_transcripts_at", "people_transcripts", ["at"])


def downgrade() -> None:
    op.drop_table("people_transcripts")
    op.drop_table("people_consents")
