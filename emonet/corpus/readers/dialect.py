"""Tables as text, whatever program wrote them: CSV in all its dialects, and JSON lines."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from emonet.corpus.readers.table import check_header, delimiter_of, undecodable_place
from emonet.errors import CorpusError

TABLES = (".csv", ".tsv", ".jsonl")
"""Suffixes of tables."""
_JSON = (".jsonl", ".json", ".ndjson")
_BEFORE = 100
"""Lines of comments and blanks that are looked through for the header."""

TextRow = tuple[int, dict[str, str]]
"""Line number, and column -> text without blanks around it."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table whose header has been read.

    Attributes:
        header: its columns; those without a name are empty texts.
        rows: calls for all rows from the first.
    """

    path: Path
    header: tuple[str, ...]
    delimiter: str = ""
    encoding: str = "utf-8-sig"
    before: int = 0

    @property
    def place(self) -> str:
        """Return where the header stands."""
        return f"{self.path}:{self.before + 1}"

    def rows(self) -> Iterator[TextRow]:
        """Yield line number and row; blank rows, and headers that come again, are left out.

        Raises:
            CorpusError: naming file and line of what cannot be read.
        """
        return self._csv() if self.delimiter else _json_lines(self.path)

    def values(self, column: str, most: int = 1000) -> list[str]:
        """Return the cells of a column in the first rows."""
        return [cells.get(column, "") for _, cells in islice(self.rows(), most)]

    def _csv(self) -> Iterator[TextRow]:
        header: list[str] | None = None
        with self.path.open(encoding=self.encoding, newline="") as file:
            for _ in range(self.before + 1):
                file.readline()
            reader = csv.reader(file, delimiter=self.delimiter, strict=True, skipinitialspace=True)
            try:
                for row in reader:
                    cells = [cell.strip() for cell in row]
                    if not any(cells) or cells == list(self.header):
                        continue
                    header = header or self._header_over(cells)
                    place = self.before + 1 + reader.line_num
                    yield place, dict(zip(header, self._fitted(cells, header, place), strict=True))
            except UnicodeDecodeError:
                raise _undecodable(self.path, self.encoding) from None
            except csv.Error as problem:
                line = self.before + 1 + reader.line_num
                raise CorpusError(f"{self.path}:{line}: not CSV: {problem}. Mend the line.") from None

    def _header_over(self, cells: Sequence[str]) -> list[str]:
        """Return the columns of the rows: R may number each row first, and leave that out of the header."""
        is_named = len(cells) == len(self.header) + 1 and cells[0] == "1" and cells[-1]
        return ["", *self.header] if is_named else list(self.header)

    def _fitted(self, cells: list[str], header: Sequence[str], line: int) -> list[str]:
        count = len(header)
        if len(cells) > count and not any(cells[count:]):
            cells = cells[:count]
        if len(cells) != count:
            message = f"{self.path}:{line}: this row does not have {count} cells as the header has."
            raise CorpusError(f"{message} Mend or remove it.")
        return cells


def text_table(path: Path) -> TextTable:
    """Read the header of a table: after a byte order mark, a line ``sep=;``, comments (#) and blank lines.

    Comma, semicolon, tab and bar part cells; UTF-8 and, with a byte order mark, UTF-16 are read.

    Raises:
        CorpusError: it is in another encoding, or a column stands twice.
    """
    if path.suffix.lower() in _JSON:
        return TextTable(path, tuple(dict.fromkeys(column for _, cells in _json_lines(path) for column in cells)))
    encoding = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            before, line, told = header_line(islice(file, _BEFORE))
    except UnicodeDecodeError:
        raise _undecodable(path, encoding) from None
    delimiter = told or delimiter_of(line)
    header = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]
    check_header(header, path, line=before + 1)
    return TextTable(path, tuple(header), delimiter, encoding, before)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def header_line(lines: Iterable[str]) -> tuple[int, str, str]:
    """Return how many lines stand before the header, the header, and the delimiter that ``sep=`` names, if any."""
    told, number = "", 0
    for number, line in enumerate(lines):
        text = line.strip().strip('"')
        if text.lower().startswith("sep=") and len(text) <= len("sep=;"):
            told = text[len("sep=") :] or "\t"
        elif text and not text.startswith("#"):
            return number, line.rstrip("\r\n"), told
    return number, "", told


def _undecodable(path: Path, encoding: str) -> CorpusError:
    return CorpusError(f"{undecodable_place(path, encoding)}: not UTF-8 text. Save the file as UTF-8.")


def _json_lines(path: Path) -> Iterator[TextRow]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise CorpusError(f"{path}: not UTF-8 text. Save the file as UTF-8.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except ValueError as problem:
            raise CorpusError(f"{path}:{number}: not JSON ({problem}). Mend the line.") from None
        if not isinstance(cells, dict):
            raise CorpusError(f"{path}:{number}: expected an object, a key a column, found {line[:40]!r}.")
        yield number, {key: "" if value is None else str(value).strip() for key, value in cells.items()}
