"""Run by Alembic: migrate over the connection that `store.schema` opened and will commit."""

from alembic import context

from keyconsole.service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
