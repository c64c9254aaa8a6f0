"""Alembic's environment: the connection comes from `mcp_tasks.migrate`, never from an ini file."""

from alembic import context

from mcp_tasks.migrate import VERSION_TABLE, is_ours
from mcp_tasks.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
