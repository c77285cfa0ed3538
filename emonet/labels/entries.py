"""Files of canonical words: strict YAML, one entry a word."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from emonet.affect import TABLE_2, Affect, Arousal, Valence
from emonet.document import Document, read_document, validate
from emonet.errors import PluginError
from emonet.labels.words import Contest, Word, spelling


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CellEntry(_Part):
    """Arousal and valence of a word that Table 2 lacks, and why."""

    arousal: Arousal
    valence: Valence
    reason: str


class ContestEntry(_Part):
    """See ``Contest``."""

    by: str
    arousal: Arousal | None = None
    valence: Valence | None = None

    @model_validator(mode="after")
    def _says_where(self) -> ContestEntry:
        if self.arousal is None and self.valence is None:
            raise ValueError("say where the word is put instead: arousal, valence or both")
        return self


class WordEntry(_Part):
    """See ``Word``; words of Table 2 take its cell."""

    affect: CellEntry | None = None
    aliases: dict[str, tuple[str, ...]] = {}
    same_as: str = ""
    family: str = ""
    contested: tuple[ContestEntry, ...] = ()


class _Words(RootModel[dict[str, WordEntry]]):
    model_config = ConfigDict(frozen=True)


def read_words(path: Path) -> list[Word]:
    """Read a file of canonical words; see ``words_in``.

    Raises:
        PluginError: naming file, line and key of everything that is wrong.
    """
    document = read_document(path, PluginError)
    entries = validate(_Words, document, PluginError).root
    return [_word(name, entry, document) for name, entry in entries.items()]


def _word(name: str, entry: WordEntry, document: Document) -> Word:
    place = document.place((name,))
    if name != spelling(name):
        raise PluginError(f"{place}: the word '{name}' is not plain. Write it '{spelling(name)}'.")
    if entry.affect is not None and name in TABLE_2:
        cell = TABLE_2[name]
        told = f"has its cell from the paper's Table 2 ({cell.arousal} arousal, {cell.valence} valence)"
        raise PluginError(f"{place}: the word '{name}' {told}. Say who puts it elsewhere under contested.")
    affect = TABLE_2.get(name) if entry.affect is None else Affect(**entry.affect.model_dump())
    contested = tuple(Contest(**each.model_dump()) for each in entry.contested)
    return Word(name, affect, entry.aliases, entry.same_as, entry.family, contested)
