"""Which column of a dataset holds what: the user's map, then the columns' own names, then one likely guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emonet.corpus.cardless import TARGET
from emonet.corpus.rows import FIELDS
from emonet.corpus.sheet import Sheet
from emonet.errors import CorpusError, did_you_mean

AUDIO = "audio"
"""The field whose column holds the clips."""
ID = "id"

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    TARGET: ("emotion", "emotions", "labels", "emotion_label", "category", "class"),
    "speaker": ("speaker_id", "speakerid", "spk", "spk_id", "speaker_name", "actor", "actor_id", "client_id"),
    "session": ("session_id", "dialogue", "dialogue_id", "dialog_id"),
    "text": ("text_id", "sentence_id", "sentence", "transcription", "transcript", "utterance"),
    "language": ("lang", "locale", "language_code"),
    "start": ("start_time", "begin"),
    "end": ("end_time",),
}
"""Other names of fields, in lower case; no file of another kind than these datasets is read by them."""


def columns_of(sheets: Sequence[Sheet], given: Mapping[str, str], targets: Sequence[str]) -> dict[str, str]:
    """Return field -> column for all fields that the sheets have.

    Args:
        given: the user's map, which goes first.
        targets: names of the targets that a card has; without a card, the field is ``label``.

    Raises:
        CorpusError: the map names a field or a column that is not there, or no column is the label.
    """
    labels = list(dict.fromkeys([TARGET, *targets]))
    check_fields(given, targets)
    first = sheets[0]
    for sheet in sheets:
        for field, column in given.items():
            if field != AUDIO and column not in sheet.columns:
                raise CorpusError(_no_column(sheet, field, column))
    shared = [column for column in first.columns if all(column in sheet.columns for sheet in sheets)]
    found = {field: _own(field, shared) for field in (*labels, *FIELDS)}
    found |= {field: column for field, column in given.items() if field != AUDIO}
    found = {field: column for field, column in found.items() if column}
    if not set(labels) & set(found):
        found[TARGET] = _only_class(sheets, shared)
    return found


def check_fields(given: Mapping[str, str], targets: Sequence[str]) -> None:
    """Refuse a map that names a field which nothing has.

    Raises:
        CorpusError: naming the nearest right field.
    """
    fields = list(dict.fromkeys([TARGET, *targets, AUDIO, ID, *FIELDS]))
    for field in given:
        if field not in fields:
            message = f"columns has no field '{field}'. {did_you_mean(field, fields)} Fields: {', '.join(fields)}."
            raise CorpusError(" ".join(message.split()))


def _own(field: str, columns: Sequence[str]) -> str:
    lowered = {column.lower(): column for column in reversed(columns)}
    for name in (field, *OTHER_NAMES.get(field, ())):
        if name in lowered:
            return lowered[name]
    return ""


def _only_class(sheets: Sequence[Sheet], shared: Sequence[str]) -> str:
    classes = [column for column in shared if all(column in sheet.classes for sheet in sheets)]
    if len(classes) == 1:
        return classes[0]
    seen = f"the columns {', '.join(classes)} all hold classes" if classes else "no column is called label or emotion"
    message = f"{sheets[0].place}: {seen}. Say which one is the label: columns: {{label: ...}}."
    raise CorpusError(f"{message} Columns: {', '.join(shared) or 'none'}.")


def _no_column(sheet: Sheet, field: str, column: str) -> str:
    known = ", ".join(sheet.columns) or "none"
    hint = did_you_mean(column, sheet.columns)
    message = f"{sheet.place}: there is no column '{column}', which columns names as {field}. {hint} Columns: {known}."
    return " ".join(message.split())
