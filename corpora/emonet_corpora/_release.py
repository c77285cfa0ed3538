"""What scans of releases share: the files that count, found by a pattern, and tables found by their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from emonet import CorpusError
from emonet.corpus.readers.folders import files_below
from emonet.corpus.readers.table import read_rows


def matches(root: Path, regex: str, corpus: str, looked_for: str) -> list[re.Match[str]]:
    """Return the match of every file whose path matches, in the order of paths; ``match.string`` is the path.

    Raises:
        CorpusError: there is none; the text names a file that was looked for.
    """
    pattern = re.compile(regex)
    found = [match for path in files_below(root) if (match := pattern.search(path))]
    if not found:
        message = f"{root}: this does not look like the corpus '{corpus}': no file like '{looked_for}'."
        raise CorpusError(f"{message} Give the folder that holds such files with --root.")
    return found


def rows(
    root: Path,
    path: str,
    *,
    delimiter: str = ",",
    quotes: bool = True,
    columns: tuple[str, ...] = (),
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield place (``file:line``) and cells of each row of a table with a header.

    Raises:
        CorpusError: a column that is needed is not there, or a row cannot be read.
    """
    for line, cells in read_rows(root / path, delimiter, "utf-8-sig", quotes=quotes):
        missing = [column for column in columns if column not in cells]
        if missing:
            text = f"{root / path}:1: there is no column '{missing[0]}'. Columns: {', '.join(cells)}."
            raise CorpusError(f"{text} Get the file again, or tell the card's owners of a new release.")
        yield f"{root / path}:{line}", cells


def name_of(path: str) -> str:
    """Return a clip's path without its ending, with accents in one spelling, as ids have it."""
    return str(PurePosixPath(unicodedata.normalize("NFC", path)).with_suffix(""))


def beginning(path: str, match: re.Match[str]) -> str:
    """Return what stands before the match in its path: the folder above the release, with its slash."""
    return path[: match.start()] + ("/" if match.group().startswith("/") else "")
