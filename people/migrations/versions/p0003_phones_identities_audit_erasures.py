"""Phones, identities at an OpenID Connect provider, the audit trail, and erasures that are not complete."""

import sqlalchemy as sa
from alembic import op

revision = "p0003"
down_revision = "p0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_phones",
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("user_id", name="pk_people_phones"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_phones_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_people_phones_number", "people_phones", ["number"])
    op.create_table(
        "people_identities",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_people_identities"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_identities_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_people_identities_user_id", "people_identities", ["user_id"])
    op.create_table(
        "people_audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(40)),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("details", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_audit"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["people_users.id"], name="fk_people_audit_user_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_people_audit_user_id", "people_audit", ["user_id"])
    op.create_index("ix_people_audit_at", "people_audit", ["at"])
    op.create_table(
        "people_erasures",
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_people_erasures"),
    )


def downgrade() -> None:
    for table in ("people_erasures", "people_audit", "people_identities", "people_phones"):
        op.drop_table(table)
