"""How many of the tries that are charged are still being judged."""

import sqlalchemy as sa
from alembic import op

revision = "p0006"
down_revision = "p0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "people_pin_tries", sa.Column("judging", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )


def downgrade() -> None:
    op.drop_column("people_pin_tries", "judging")
