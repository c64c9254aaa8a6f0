"""Calls about tasks that are due: consent, the calls themselves, what caps count, and numbers that are not called."""

import sqlalchemy as sa
from alembic import op

revision = "p0005"
down_revision = "p0004"
branch_labels = None
depends_on = None


def _owner(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "people_reminder_consents",
        *_owner("people_reminder_consents"),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_people_reminder_consents"),
    )
    op.create_table(
        "people_reminder_calls",
        *_owner("people_reminder_calls"),
        sa.Column("task_id", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "task_id", "at", name="pk_people_reminder_calls"),
        sa.UniqueConstraint("id", name="uq_people_reminder_calls_id"),
    )
    op.create_index("ix_people_reminder_calls_next_at", "people_reminder_calls", ["next_at"])
    op.create_table(
        "people_reminder_dials",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_owner("people_reminder_dials"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_reminder_dials"),
    )
    op.create_index("ix_people_reminder_dials_user_id", "people_reminder_dials", ["user_id"])
    op.create_index("ix_people_reminder_dials_at", "people_reminder_dials", ["at"])
    op.create_table(
        "people_do_not_call",
        sa.Column("number_tag", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number_tag", name="pk_people_do_not_call"),
    )


def downgrade() -> None:
    for table in (
        "people_do_not_call",
        "people_reminder_dials",
        "people_reminder_calls",
        "people_reminder_consents",
    ):
        op.drop_table(table)
