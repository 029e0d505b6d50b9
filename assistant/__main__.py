"""Where the program starts, as `bronwijzer` and as `python -m assistant`."""

import gc

from assistant import cli

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command of the command line."""
    # A fifth of what the libraries take to import went to looking for garbage among their hundreds
    # of thousands of new objects.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    cli.main()


if __name__ == "__main__":
    main()
