"""Patterns for paths: which file, or folder that it lies in, a pattern means.

Knows names and slashes; nothing of files, nor of what is done with those that fit.
"""

from fnmatch import fnmatchcase


def lies_in(path: str, pattern: str) -> bool:
    """Say whether a pattern matches a path, or a folder that it lies in; case does not count.

    "*", "?" and "[…]" stand for characters of one name, "**" for any number of folders. Unless it
    begins with "/", a pattern may begin at any folder. Takes time in proportion to both lengths.
    """
    names = path.casefold().strip("/").split("/")
    wanted = pattern.casefold().strip("/").split("/")
    reached = {0} if pattern.startswith("/") else set(range(len(names)))
    for want in wanted:
        if want == "**":
            reached = set(range(min(reached), len(names) + 1))
        else:
            reached = {i + 1 for i in reached if i < len(names) and fnmatchcase(names[i], want)}
        if not reached:
            return False
    return True
