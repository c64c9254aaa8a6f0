"""Alembic's environment: the connection comes from `routing.migrate`, never from an ini file."""

from alembic import context

from routing.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table="routing_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
