"""Takes a catalog to another folder: a whole copy while it is in use, and what must change there.

Knows the catalog's file and its paths; nothing of archives, or of what else a data folder holds.
"""

from pathlib import Path

from index.catalog import CATALOG
from index.database import Database, copy_database
from index.errors import StoreUnavailable
from index.generation import Generation

_PATHS = (
    ("documents", "path"),
    ("copies", "path"),
    ("roots", "path"),
    ("patterns", "root"),
    ("unread", "path"),
    ("skipped", "path"),
)
"""Tables that have paths, and their columns."""


def copy_catalog(folder: Path, target: Path) -> None:
    """Copy the catalog of a data folder as it is at one moment, whoever writes to it meanwhile.

    Raises StoreUnavailable where there is none, or it is damaged.
    """
    source = folder / CATALOG
    if not source.is_file():
        raise StoreUnavailable(
            f"There is no catalog in {folder}, so there is nothing to copy. Correct the setting "
            "data, or run 'bronwijzer sync PATH' first."
        )
    copy_database(source, target)


def settle(folder: Path, old_place: str, new_place: str) -> None:
    """Make a copied catalog at home in a folder that nobody has opened yet.

    Files below `old_place` are below `new_place` from now on. Vectors get a collection of their
    own: the one it was copied from may still be in use, on the same Chroma server.
    """
    database = Database(folder / CATALOG)
    try:
        with database.transaction() as connection:
            generation = Generation.current(database)
            if generation is not None:
                for other in generation.others():
                    generation.forget(other.number)
                generation.move_vectors()
            for table, path in _PATHS:
                connection.execute(
                    f"UPDATE {table} SET {path} = ? || substr({path}, ?) "
                    f"WHERE {path} = ? OR substr({path}, 1, ?) = ?",
                    (
                        new_place,
                        len(old_place) + 1,
                        old_place,
                        len(old_place) + 1,
                        f"{old_place}/",
                    ),
                )
    finally:
        database.close()
