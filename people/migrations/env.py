"""Alembic's environment: the connection comes from `people.migrate`, never from an ini file."""

from alembic import context

from people.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table="people_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
