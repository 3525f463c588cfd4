"""Schema versions (Alembic)."""
