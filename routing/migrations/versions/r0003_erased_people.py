"""Who was erased lately, as digests: a call that is late makes no name anew."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "routing_erased",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_routing_erased"),
    )


def downgrade() -> None:
    op.drop_table("routing_erased")
