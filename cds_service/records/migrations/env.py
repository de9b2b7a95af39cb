"""How a migration runs: on the connection that migrate.py has opened, and where that is in no transaction yet
(PostgreSQL) in one of its own.

Alembic loads this file by its path. For a new revision see CONTRIBUTING.md.
"""

from alembic import context

from cds_service.records.schema import TABLES

context.configure(
    connection=context.config.attributes["connection"], target_metadata=TABLES, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
