"""PINs with the tries at them, and codes that link a phone."""

import sqlalchemy as sa
from alembic import op

revision = "p0004"
down_revision = "p0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_pins",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("pin_hash", sa.String(255), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_people_pins"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_pins_user_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "people_pin_tries",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("attested", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "number", "attested", name="pk_people_pin_tries"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_pin_tries_user_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "people_phone_codes",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("code_tag", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_people_phone_codes"),
        sa.UniqueConstraint("code_tag", name="uq_people_phone_codes_code_tag"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_phone_codes_user_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for table in ("people_phone_codes", "people_pin_tries", "people_pins"):
        op.drop_table(table)
