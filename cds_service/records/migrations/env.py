"""How a migration runs: on the connection, and in the transaction, that database.py has opened and locked.

Alembic loads this file by its path. For a new revision see CONTRIBUTING.md.
"""

from alembic import context

from cds_service.records.schema import TABLES

context.configure(connection=context.config.attributes["connection"], target_metadata=TABLES)
context.run_migrations()
