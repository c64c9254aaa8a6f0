"""Users and their browser sessions."""

import sqlalchemy as sa
from alembic import op

revision = "p0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_users",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("plan", sa.String(16), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_users"),
        sa.UniqueConstraint("email", name="uq_people_users_email"),
    )
    op.create_table(
        "people_sessions",
        sa.Column("id_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_people_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_sessions_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_people_sessions_user_id", "people_sessions", ["user_id"])
    op.create_index("ix_people_sessions_expires_at", "people_sessions", ["expires_at"])


def downgrade() -> None:
    op.drop_table("people_sessions")
    op.drop_table("people_users")
