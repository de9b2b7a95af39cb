"""Indexes for tables that are full and in use. Knows how PostgreSQL builds them without keeping writers waiting."""

from alembic import op


def create_index(name: str, table: str, columns: list[str]) -> None:
    """In no transaction, on PostgreSQL: what the migration did before is committed by then, and is not undone if this
    fails. SQLite has one writer at a time, which waits."""
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, columns)
        return
    with op.get_context().autocommit_block():
        # One that was cut off while it was built is there, and is of no use
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
        op.create_index(name, table, columns, postgresql_concurrently=True)
