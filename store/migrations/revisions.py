"""The names of all migration steps, oldest first: what this version of Hilda knows, without loading Alembic."""

REVISIONS = ("0001", "0002")
HEAD = REVISIONS[-1]
