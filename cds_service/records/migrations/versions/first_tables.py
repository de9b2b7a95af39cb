"""Cards shown and the feedback to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "shown_card",
        sa.Column("card", sa.String(64), primary_key=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("indicator", sa.String(16), nullable=False),
        sa.Column("knowledge_version", sa.Text, nullable=False),
        sa.Column("shadow", sa.Boolean, nullable=False),
        sa.Column("first_shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "shown_suggestion",
        sa.Column("suggestion", sa.String(64), primary_key=True),
        sa.Column("card", sa.String(64), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("card", sa.String(64), nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason_system", sa.String(128)),
        sa.Column("reason", sa.String(64)),
        sa.Column("comment", sa.Text),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_feedback_card", "feedback", ["card"])
    op.create_table(
        "accepted_suggestion",
        sa.Column("feedback", sa.String(64), sa.ForeignKey("feedback.digest", ondelete="CASCADE"), primary_key=True),
        sa.Column("suggestion", sa.String(64), primary_key=True),
    )


def downgrade() -> None:
    for table in ("accepted_suggestion", "feedback", "shown_suggestion", "shown_card"):
        op.drop_table(table)
