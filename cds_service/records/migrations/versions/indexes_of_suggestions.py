"""Indexes for what `forget` asks: which suggestions a card had, and which feedback took one of them."""

from alembic import op

from cds_service.records.migrations.beside_writers import create_index

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_index("ix_shown_suggestion_card", "shown_suggestion", ["card"])
    create_index("ix_accepted_suggestion_suggestion", "accepted_suggestion", ["suggestion"])


def downgrade() -> None:
    op.drop_index("ix_accepted_suggestion_suggestion", "accepted_suggestion")
    op.drop_index("ix_shown_suggestion_card", "shown_suggestion")
