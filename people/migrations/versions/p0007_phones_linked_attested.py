"""Whether a number was linked in a call whose carrier vouched for it."""

import sqlalchemy as sa
from alembic import op

revision = "p0007"
down_revision = "p0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "people_phones", sa.Column("attested", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("people_phones", "attested")
