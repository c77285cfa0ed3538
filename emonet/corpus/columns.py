"""What columns of tables are called, by whoever wrote them: one vocabulary for all ways in."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emonet.affect import TABLE_2
from emonet.corpus import splits
from emonet.corpus.cells import is_missing, seconds_in, stated
from emonet.errors import CorpusError, did_you_mean

TARGET = "label"
"""The field of labels."""

_NAMES: Mapping[str, str] = {
    "file": "file audio path wav filename filepath fname wavfile wavfilename wavpath audiofile audiofilename "
    "audiofilepath audiopath relativepath relpath clip clippath soundfile speech",
    TARGET: "label labels emotion emotions emo class classname emoclass emotionlabel emotionclass emotionname emolabel "
    "category categories",
    "speaker": "speaker speakers speakerid speakername spk spkid spkname spkr spkrid actor actorid actorname client "
    "clientid subject subjectid participant participantid person personid talker talkerid",
    "split": " ".join(name.replace("_", "") for name in splits.COLUMNS),
    "start": "start starttime begin begintime beginning onset offset from t0 tmin xmin",
    "end": "end endtime stop stoptime finish finishtime to t1 tmax xmax",
    "duration": "duration dur length len segmentduration durationtime",
    "session": "session sessionid dialogue dialogueid dialog dialogid conversation conversationid",
    "text": "text textid sentence sentenceid transcription transcript transcriptid utterance statement",
    "language": "language languagecode lang langid locale",
    "sex": "sex gender speakersex speakergender",
    "age": "age agegroup speakerage",
}
NAMES: Mapping[str, tuple[str, ...]] = {field: tuple(names.split()) for field, names in _NAMES.items()}
"""Field -> what its column is called, the likeliest name first; without case, and without signs between words."""

TIMES = ("start", "end", "duration")
_ASIDE = ("sex", "age")
"""Fields that are known, and that nothing reads yet."""
_UNITS: Mapping[str, float] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 0.001),
}


@lru_cache(maxsize=1 << 12)
def words_of(column: str) -> tuple[str, ...]:
    """Return the words of a column's name in lower case.

    >>> words_of("SpkrID"), words_of("start (ms)"), words_of("EmoClass_2")
    (('spkr', 'id'), ('start', 'ms'), ('emo', 'class', '2'))
    """
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", column))
    return tuple(word for word in re.split(r"[\W_]+", plain.lower()) if word)


def field_of(column: str) -> str:
    """Return the field that a column is called after, empty for none.

    >>> field_of("Audio File Path"), field_of("SpkrID"), field_of("start_ms"), field_of("notes")
    ('file', 'speaker', 'start', '')
    """
    words = words_of(column)
    found = _FIELDS.get("".join(words), "")
    if not found and len(words) > 1 and words[-1] in _UNITS:
        found = _FIELDS.get("".join(words[:-1]), "")
        return found if found in TIMES else ""
    return found


_FIELDS = {name: field for field, names in NAMES.items() for name in names}


def unit_of(column: str) -> float:
    """Return how many seconds the unit has that a column's name ends in; 1 where it names none.

    >>> unit_of("start_ms"), unit_of("Duration [s]"), unit_of("start")
    (0.001, 1.0, 1.0)
    """
    words = words_of(column)
    return _UNITS.get(words[-1], 1.0) if len(words) > 1 else 1.0


IGNORE = "ignore"
"""What stands for a column that is to be passed over, where a user says what columns hold."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of a table holds which field.

    Attributes:
        columns: field -> column; labels are not among them.
        unused: columns that nothing reads, in the order of the header; those that a user passes over are left out.
    """

    columns: Mapping[str, str]
    unused: tuple[str, ...] = ()

    def cells(self, row: Mapping[str, str], place: str) -> dict[str, str]:
        """Return the cells of a row by field: missing ones are empty, and start and end are in s.

        Raises:
            CorpusError: a cell is not a time, or the duration does not lead from the start to the end.
        """
        found = {field: row.get(column, "") for field, column in self.columns.items() if field not in TIMES}
        cells = {field: cell if field == "file" else stated(cell) for field, cell in found.items()}
        start, end = self.segment(row, place)
        return {**cells, "start": _text(start), "end": _text(end)}

    def segment(self, row: Mapping[str, str], place: str) -> tuple[float | None, float | None]:
        """Return start and end in s; None where the row does not say."""
        start, end, duration = (self._time(field, row, place) for field in TIMES)
        if duration is None:
            return start, end
        summed = round((start or 0.0) + duration, 9)
        if end is None:
            return start, summed
        if abs(summed - end) > _SLACK:
            message = f"{place}: from {start or 0.0} to {end} s are not {duration} s, the '{self.columns['duration']}'."
            told = f"columns: {{{self.columns['duration']}: {IGNORE}}}"
            way = f"where it is another length, pass the column over: {told}"
            raise CorpusError(f"{message} Mend the row, if its times are not in s; or, {way}.")
        return start, end

    def _time(self, field: str, row: Mapping[str, str], place: str) -> float | None:
        column = self.columns.get(field)
        if column is None:
            return None
        return seconds_in(row.get(column, ""), column, place, unit=unit_of(column))


_SLACK = 0.02
"""Rounding that a duration may have beside start and end, in s."""


def _text(seconds: float | None) -> str:
    return "" if seconds is None else repr(seconds)


WAY = "columns: {{{}}}"
"""How a user says in a recipe what columns hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """A table whose columns are to be told apart.

    Attributes:
        place: where the header stands, for messages.
        header: its columns.
        told: what the user says: field -> column, or column -> ``ignore``.
        labels: columns of labels that are known already.
        values: column -> some of its cells.
        how: how a user says it, for messages; empty where nobody can, and the table itself must change.
    """

    place: str
    header: Sequence[str]
    told: Mapping[str, str]
    labels: Sequence[str] = ()
    values: Callable[[str], Sequence[str]] = lambda column: ()
    how: str = WAY

    @property
    def passed_over(self) -> set[str]:
        """Columns that the user passes over: by their own name, or as all of a field."""
        names = {name for name, column in self.told.items() if column == IGNORE and IGNORE not in self.header}
        return {column for column in self.header if column in names or field_of(column) in names}

    @property
    def taken(self) -> dict[str, str]:
        """Field -> column, as the user says it."""
        return {field: column for field, column in self.told.items() if column != IGNORE or IGNORE in self.header}

    def say(self, told: Mapping[str, str]) -> str:
        """Return what a user writes to say what columns hold."""
        return self.how.format(", ".join(f"{quoted(name)}: {quoted(value)}" for name, value in told.items()))

    def advice(self, way: str) -> str:
        """Return what to do: the way that is given, where a user can say what columns hold."""
        return way if self.how else "Rename the column that is meant otherwise, or take it out of the table."


def quoted(name: str) -> str:
    """Return a name as it stands in a YAML mapping on one line."""
    return name if re.fullmatch(r"[A-Za-z_][\w .-]*", name) else str(json.dumps(name, ensure_ascii=False))


def columns_of_table(asked: Question, fields: Iterable[str] = ()) -> ColumnMap:
    """Return which column holds which field, and which hold none.

    Args:
        fields: those that are read; by default all that are known, but for labels.

    Raises:
        CorpusError: the user names a column that is not there, two hold one field, or one that nothing reads seems to
            be a time, a label or a speaker.
    """
    check_told(asked)
    free = [
        column
        for column in asked.header
        if column and column not in {*asked.passed_over, *asked.taken.values(), *asked.labels}
    ]
    wanted = list(fields) or [field for field in NAMES if field not in {TARGET, *_ASIDE}]
    found = dict(_named(asked, free, wanted))
    found |= {field: column for field, column in asked.taken.items() if field in NAMES and field != TARGET}
    _check_times(asked, found)
    unused = tuple(column for column in free if column not in found.values())
    _check_unused(asked, found, unused, wanted)
    return ColumnMap(found, unused)


def label_column(asked: Question) -> str:
    """Return the column of the labels by its name, empty for none.

    Raises:
        CorpusError: there are two of them.
    """
    if TARGET in asked.taken:
        return asked.taken[TARGET]
    free = [column for column in asked.header if column not in {*asked.passed_over, *asked.taken.values()}]
    return dict(_named(asked, free, [TARGET])).get(TARGET, "")


def check_told(asked: Question) -> None:
    """Refuse columns that the user names and the table has not.

    Raises:
        CorpusError: naming the first, and the nearest one that is there.
    """
    for name in asked.taken:
        if re.split(r"[:\[]", name)[0] not in NAMES:
            message = f"columns has no field '{name}'. {did_you_mean(name, NAMES)} Fields: {', '.join(NAMES)}."
            raise CorpusError(" ".join(message.split()))
    for name, column in asked.told.items():
        is_passed_over = column == IGNORE and IGNORE not in asked.header
        wanted = name if is_passed_over else column
        if wanted not in asked.header and not (is_passed_over and any(field_of(c) == name for c in asked.header)):
            hint = did_you_mean(wanted, asked.header)
            known = ", ".join(filter(None, asked.header)) or "none"
            what = "" if is_passed_over else f", which columns names as {name}"
            message = f"{asked.place}: there is no column '{wanted}'{what}. {hint} Columns: {known}."
            raise CorpusError(" ".join(message.split()))


def _named(asked: Question, free: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield field and column for the fields whose columns show by their names."""
    meant = {column: _meant(column, free) for column in free}
    for field in wanted:
        if field in asked.taken:
            continue
        columns = [column for column in free if meant[column] == field]
        if field == "split" and "split" not in map(str.lower, columns):
            columns = [column for column in columns if _holds_splits(asked.values(column))]
        if len(columns) > 1:
            listed = " and ".join(f"'{column}'" for column in columns)
            message = f"{asked.place}: the columns {listed} are both called as the {field} is."
            raise CorpusError(f"{message} {asked.advice(f'Say which one it is: {asked.say({field: columns[0]})}.')}")
        if columns:
            yield field, columns[0]


def _meant(column: str, header: Sequence[str]) -> str:
    """Return the field of a column; an ``offset`` beside an ``onset`` is the end, as in tables of events."""
    field = field_of(column)
    if words_of(column)[:1] == ("offset",) and any(words_of(other)[:1] == ("onset",) for other in header):
        return "end"
    return field


def _holds_splits(cells: Sequence[str]) -> bool:
    """Say whether half of the cells name splits: a column called set or part may hold anything."""
    known = [cell for cell in cells if not is_missing(cell)]
    return not known or sum(map(splits.is_split, known)) * 2 >= len(known)


def _check_times(asked: Question, found: dict[str, str]) -> None:
    """Refuse an offset or a duration alone, of which nobody knows what it is meant for."""
    start, duration = found.get("start", ""), found.get("duration", "")
    if "duration" in asked.told or "start" in asked.told or "end" in found:
        return
    if duration and not start:
        piece = f"{asked.say({'duration': duration})} where each row is that long a piece from the file's beginning"
        way = f"Say {asked.say({duration: IGNORE})} where it is that of whole files, or {piece}."
        raise CorpusError(f"{asked.place}: the column '{duration}' has no start beside it. {asked.advice(way)}")
    if words_of(start)[:1] == ("offset",) and not duration:
        way = f"Say which: {asked.say({'start': start})} or {asked.say({'end': start})}."
        raise CorpusError(f"{asked.place}: the column '{start}' may be a start or an end. {asked.advice(way)}")


_WORDS = {
    "time": "start begin onset offset end stop finish duration dur tmin tmax xmin xmax",
    "label": "emotion emotions emo label labels class valence arousal dominance activation mood feeling",
    "speaker": "speaker spk spkr actor actress subject participant person talker",
    "about a speaker": "sex gender age language lang accent native dialect country nationality ethnicity race role "
    "type height weight education group birth year turn turns count number num n mean std",
}
_HINTS = {kind: frozenset(words.split()) for kind, words in _WORDS.items()}
"""Words in the names of columns that nothing reads, by what they make one think of."""
_SPEAKER_CODE = re.compile(r"(?:actor|speaker|spkr?|subj?|subject|participant|person|[sfmp])[ _-]?\d+", re.IGNORECASE)
_TIME_CELL = re.compile(r"(?:\d+ days?,? )?\+?\d+:\d\d:\d\d(?:[.,]\d+)?|\d+\.\d+ ?(?:-|to) ?\d+\.\d+")
_KNOWN = 0.6
"""Share of the values that are words of Table 2 in a column that looks like labels."""
_NEAR = 0.85
"""Likeness from which on a column is taken for a misspelt one: 'speakr' and 'splits', not 'gender'."""


def _check_unused(asked: Question, found: Mapping[str, str], unused: Sequence[str], wanted: Sequence[str]) -> None:
    looks = {column: kind for column in unused if (kind := _looks_like(column, asked, found, wanted))}
    if not looks:
        return
    listed = ", ".join(f"'{column}' looks like {kind}" for column, kind in looks.items())
    ignored = asked.say(dict.fromkeys(looks, IGNORE))
    way = f"Say what they are ({asked.say({'FIELD': 'COLUMN'})}), or pass them over: {ignored}."
    message = f"{asked.place}: nothing reads some of the columns that seem to matter: {listed}."
    raise CorpusError(f"{message} {asked.advice(way)}")


def _looks_like(column: str, asked: Question, found: Mapping[str, str], wanted: Sequence[str]) -> str:
    """Return what a column that nothing reads seems to be, empty for nothing that matters."""
    words, field = set(words_of(column)), field_of(column)
    if field in _ASIDE:
        return ""
    cells = [cell for cell in asked.values(column) if not is_missing(cell)]
    has_times = "start" in found and ("end" in found or "duration" in found)
    if "start" in wanted and not has_times and (words & _HINTS["time"] or _all(cells, _TIME_CELL)):
        return "a time"
    if asked.labels and not _is_told(asked) and (words & _HINTS["label"] or _are_emotions(cells)):
        return "a label"
    if "speaker" in wanted and "speaker" not in asked.taken:
        is_called_so = bool(words & _HINTS["speaker"]) and not words & _HINTS["about a speaker"]
        if is_called_so or ("speaker" not in found and _are_people(cells)):
            return "a speaker"
    return _misspelt(words, found, wanted)


def _misspelt(words: set[str], found: Mapping[str, str], wanted: Sequence[str]) -> str:
    missing = [field for field in wanted if field not in found and field != "file"]
    near = difflib.get_close_matches("".join(sorted(words)), missing, n=1, cutoff=_NEAR) if len(words) == 1 else []
    return f"'{near[0]}', misspelt" if near else ""


def _is_told(asked: Question) -> bool:
    return any(name.partition(":")[0] == TARGET for name in asked.taken)


def _all(cells: Sequence[str], form: re.Pattern[str]) -> bool:
    return bool(cells) and all(form.fullmatch(cell) for cell in cells)


def _are_emotions(cells: Sequence[str]) -> bool:
    values = {cell.lower() for cell in cells}
    known = sum(value in TABLE_2 for value in values)
    return known >= 2 and known >= _KNOWN * len(values)


def _are_people(cells: Sequence[str]) -> bool:
    """Say whether cells look like codes of people, each of whom comes back."""
    values = set(cells)
    return len(values) > 1 and len(cells) >= 2 * len(values) and are_codes_of_people(cells)


def are_codes_of_people(names: Sequence[str]) -> bool:
    """Say whether all names look like codes of people.

    >>> are_codes_of_people(["Actor_01", "Actor_02"]), are_codes_of_people(["s01", "sad"])
    (True, False)
    """
    return _all(names, _SPEAKER_CODE)
