"""Comparing a copy of a corpus with its card, and listening to each of its files once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from statistics import median

from emonet.corpus.cells import is_undecided
from emonet.corpus.corpus import Corpus, Target, Utterance
from emonet.corpus.naming import alike, how_to_join
from emonet.corpus.readers.folders import (
    by_suffix,
    files_below,
    folder_nearby,
    is_audio,
    is_listed,
    names_in,
    suffix_of,
)
from emonet.corpus.readers.members import is_file
from emonet.doctor.listen import hear, heard_findings
from emonet.doctor.second_copy import copies
from emonet.doctor.survey import MOST_NAMES, Survey, named_by, repeated, survey_of
from emonet.errors import CorpusError, did_you_mean
from emonet.events import Listener, silent
from emonet.findings import Finding, Level, some
from emonet.labels.ontology import Ontology
from emonet.labels.words import spelling

__all__ = ["Finding", "Level", "check"]

_AGAIN = "Get the whole corpus again."
_MOST_ABOVE = 50_000
"""Files above a copy that are listed to see whether the folder above holds more of the corpus."""
_MOST_BESIDE = 4
"""Files for each utterance up to which those that are passed over are counted."""
_NO_WORDS = Ontology({}, {})
_FEWEST = 3
"""Speakers from which it is strange that none of them has a second utterance."""


def check(
    corpus: Corpus, root: Path, *, ontology: Ontology = _NO_WORDS, quick: bool = False, listen: Listener = silent
) -> list[Finding]:
    """Return what was found below ``root``, good and bad.

    The corpus is listed once, and once more for the names of each kind of fault that hashes show; it is never held in
    memory as a whole.

    Args:
        corpus: its card says what is expected.
        root: the corpus' folder.
        quick: look at names, sizes and counts only; of audio files, only tiny ones are opened, which may be pointers,
            and a few that seem to stand twice.
        listen: is told of what is listed and read.
        ontology: canonical words, by which two labels of a corpus without a card may mean one thing.

    Raises:
        CorpusError: ``root`` is not this corpus at all, or its annotation cannot be read; names file and line.
    """
    survey = survey_of(corpus, root, listen)
    findings = [*_counts(corpus, survey, ontology), *_unmapped(corpus, survey), *_splits(corpus, survey)]
    findings += [*_identities(corpus, root, survey), *_files(corpus, root, survey), *copies(corpus, root, survey)]
    findings += [*_names(survey), *_not_listed(corpus, root, survey), *_above(corpus, root, survey)]
    if not quick:
        findings += heard_findings(corpus, hear(corpus, root, survey.present, listen))
    return findings


def _counts(corpus: Corpus, survey: Survey, ontology: Ontology) -> Iterator[Finding]:
    yield _compare("utterances", survey.count, corpus.expected.utterances)
    yield _compare("speakers", len(survey.speakers), corpus.expected.speakers)
    for target in corpus.targets:
        if target.is_categorical:
            seen = survey.labels[target.name]
            if not seen and target is not corpus.targets[0]:
                advice = "Nothing is labelled with it: look whether the table that it stands in is missing."
                yield Finding("warning", target.name, "no label", "labels", advice)
                continue
            yield from _class_counts(corpus, target, seen)
            yield from _alike(target)
            if corpus.speakers == "open":  # a card has decided what its classes are
                yield from _of_one_meaning(target, ontology)
                yield from _undecided(target, seen)


def _class_counts(corpus: Corpus, target: Target, seen: Mapping[str, int]) -> Iterator[Finding]:
    documented = corpus.expected.per_class.get(target.name, {})
    for label in target.classes:
        count = seen.get(label, 0)
        if label in documented:
            yield _compare(f"{target.name}: {label}", count, documented[label])
        elif not count and not target.open:
            advice = "Check whether a part of the corpus is missing."
            yield Finding("warning", f"{target.name}: {label}", "0", "at least 1", advice)
        elif count:
            yield Finding("ok", f"{target.name}: {label}", str(count), "not documented")


def _compare(what: str, seen: int, expected: int | None) -> Finding:
    if expected is None:
        return Finding("ok", what, str(seen), "not documented")
    if seen == expected:
        return Finding("ok", what, str(seen), str(expected))
    if seen < expected:
        return Finding("problem", what, str(seen), str(expected), "Files are missing: get the whole corpus again.")
    advice = "More than documented: another release, or files that do not belong to the corpus."
    return Finding("warning", what, str(seen), str(expected), advice)


def _alike(target: Target) -> Iterator[Finding]:
    """Labels that differ in case, spaces or accents alone, as those of a manifest may."""
    written: dict[str, list[str]] = {}
    for label in target.classes:
        written.setdefault(spelling(label), []).append(label)
    for labels in written.values():
        if len(labels) > 1:
            advice = "They are classes of their own now: write them in one way."
            yield Finding("warning", f"{target.name}: labels alike", ", ".join(labels), "one spelling", advice)


def _of_one_meaning(target: Target, ontology: Ontology) -> Iterator[Finding]:
    """Labels that differ by more than their spelling and are one canonical word, as ``angry`` and ``anger`` are."""
    meant: dict[str, dict[str, str]] = {}
    for label in target.classes:
        if (word := ontology.canonical(label)) is not None:
            meant.setdefault(word, {}).setdefault(spelling(label), label)
    for word, labels in meant.items():
        if len(labels) > 1:
            advice = f"They are classes of their own now. If all of them mean {word}, write them in one way."
            yield Finding("warning", f"{target.name}: labels of one word", ", ".join(labels.values()), "one", advice)


def _undecided(target: Target, seen: Mapping[str, int]) -> Iterator[Finding]:
    found = [f"{label} ({seen[label]})" for label in target.classes if is_undecided(label) and seen.get(label)]
    if found:
        advice = "They are classes now. Where they say that nobody knows, empty these cells: such rows are left out."
        yield Finding("warning", f"{target.name}: labels that may mean none", ", ".join(found), "none", advice)


def _unmapped(corpus: Corpus, survey: Survey) -> Iterator[Finding]:
    for target in corpus.targets:
        found = {code: count for (name, code), count in survey.unmapped.counts.items() if name == target.name}
        if not found:
            continue
        code = max(found, key=lambda each: found[each])
        place, hint = survey.unmapped.places[target.name, code], did_you_mean(code, target.codes)
        advice = f"First at {place}. {hint} Add codes to the card (null leaves a code out), or mend the files."
        seen = some([f"'{code}' ({count})" for code, count in sorted(found.items())])
        known = ", ".join(sorted(target.codes))
        yield Finding("problem", f"{target.name}: unmapped labels", seen, known, " ".join(advice.split()))


def _splits(corpus: Corpus, survey: Survey) -> Iterator[Finding]:
    if survey.speakers:
        yield _per_speaker(survey.speakers)
        yield from _alone(corpus, survey.speakers)
    yield from _spelt_alike(corpus, survey)
    if survey.splits:
        seen = ", ".join(f"{split} {count}" for split, count in sorted(survey.splits.items()))
        yield Finding("ok", "utterances per split", seen)
    for protocol in corpus.protocols:
        values = {value for fold in protocol.folds for found in fold.values() for value in found}
        absent = sorted(values - survey.listed[protocol.by])
        if absent:
            advice = f"Scores by this protocol cannot be compared with others'. {_AGAIN}"
            listed = f"{len(values)} listed"
            yield Finding("warning", f"protocol {protocol.name}: absent {protocol.by}s", some(absent), listed, advice)


def _spelt_alike(corpus: Corpus, survey: Survey) -> Iterator[Finding]:
    """Names of speakers, sessions or texts that may be one in several spellings."""
    for field, names in {"speaker": set(survey.speakers), **survey.names}.items():
        if field in corpus.names_apart:
            continue
        groups = alike(names)
        if groups:
            has_card = corpus.speakers != "open"
            advice = f"If they are one {field}, give it one name: it counts as several now."
            advice = advice if has_card else how_to_join(field, groups[0])
            seen = some([" and ".join(group) for group in groups])
            yield Finding("warning", f"{field}s alike", seen, "one spelling", advice, count=len(groups))
        elif field != "speaker" and len(names) >= MOST_NAMES:
            seen = f"not compared: more than {MOST_NAMES}"
            yield Finding("ok", f"{field}s alike", seen)


def _per_speaker(speakers: Mapping[str, int]) -> Finding:
    middle = median(speakers.values())
    few = sorted((name for name, count in speakers.items() if count < middle / 2), key=lambda name: speakers[name])
    least, most = min(speakers.values()), max(speakers.values())
    seen = str(most) if least == most else f"{least} to {most}, median {middle:g}"
    if len(few) > len(speakers) / 4:  # so it is with this corpus, and no sign of a missing part
        return Finding("ok", "utterances per speaker", seen)
    if few:
        listed = some([f"{name} ({speakers[name]})" for name in few])
        advice = "Where the card counts more, these speakers' files are the first place to look."
        return Finding("warning", "utterances per speaker", f"{seen}; few: {listed}", "half the median", advice)
    return Finding("ok", "utterances per speaker", seen)


def _alone(corpus: Corpus, speakers: Mapping[str, int]) -> Iterator[Finding]:
    """Speakers of a corpus without a card who may be clips, since nobody has a second one."""
    if corpus.speakers == "open" and len(speakers) >= _FEWEST and max(speakers.values()) == 1:
        seen = f"{len(speakers)} speakers, none of whom has a second utterance"
        advice = "Where these are names of clips, speaker-independent means nothing: say what names the speakers."
        yield Finding("warning", "speakers that may be clips", seen, "some with two", advice)


def _identities(corpus: Corpus, root: Path, survey: Survey) -> Iterator[Finding]:
    twice = repeated(survey.ids)
    if twice:
        found = named_by(twice, (utterance.id for utterance in corpus.scan(root)))
        yield Finding("problem", "ids that stand twice", str(found), "none", "Remove the second copy of these files.")
    shared = survey.segments.overlapping()
    if shared:
        found = named_by(shared, (utterance.id for utterance in corpus.scan(root)))
        advice = "What they share has several labels: check start and end, or see whether people talk at once."
        yield Finding("warning", "segments that overlap with other labels", str(found), "none", advice)
    if survey.nobody:
        advice = "A protocol by speaker refuses them: name their speakers, or choose one that does not go by speaker."
        if corpus.speakers == "open":
            way = "Where paths name their speakers, `speaker: REGEX` in the corpus' entry reads them"
            advice = (
                f"A protocol by speaker refuses them. {way}; where nobody knows them, the protocol `random` says so."
            )
        yield Finding("warning", "utterances without a speaker", str(survey.nobody), "none", advice)


def _files(corpus: Corpus, root: Path, survey: Survey) -> Iterator[Finding]:
    if survey.missing:
        advice = _AGAIN
        if other := _under_another_name(root, tuple(survey.missing.first)):
            advice = other
        elif survey.missing.count == survey.count:
            advice = _where_they_are(corpus, root, tuple(survey.missing.first))
        yield Finding("problem", "missing files", str(survey.missing), "none", advice)
    if survey.dangling:
        advice = "Links that lead nowhere: fetch what they stand for (git annex get, datalad get), or copy the files."
        yield Finding("problem", "links without a file", str(survey.dangling), "none", advice)
    if survey.pointers:
        advice = "Run git lfs pull in the repository they come from."
        yield Finding("problem", "Git LFS pointers, no audio", str(survey.pointers), "none", advice)
    if survey.empty:
        yield Finding("problem", "empty files", str(survey.empty), "none", "Get them again: the copy broke off.")
    if survey.refused:
        advice = "Mend these paths where they are listed; they are left out when the corpus is prepared."
        yield Finding("problem", "paths that no file can have", str(survey.refused), "none", advice)


def _under_another_name(root: Path, missing: Sequence[str]) -> str:
    """Return advice where a file that is missing is there with other slashes, another case or suffix; else nothing."""
    for name in missing:
        if (found := _called_otherwise(root, name)) is not None:
            return f"There is '{found}', and not '{name}': write names as the files have them, or rename the files."
    return ""


def _called_otherwise(root: Path, name: str) -> str | None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    found = PurePosixPath()
    for place, part in enumerate(parts if not name.startswith("/") else ()):
        names = names_in(root / found)
        near = [each for each in names if each.casefold() == part.casefold()]
        if not near and place == len(parts) - 1:
            stem = PurePosixPath(part).stem if is_audio(part) else part
            near = [each for each in names if is_audio(each) and PurePosixPath(each).stem == stem]
        if not near:
            return None
        found /= part if part in near else near[0]
    return str(found) if (root / found).is_file() and str(found) != name else None


def _where_they_are(corpus: Corpus, root: Path, missing: Sequence[str]) -> str:
    """Return advice that names a near folder, where one holds any of the missing files."""
    has_any = partial(_those_there, missing)
    folder = folder_nearby(has_any, missing, root)
    if folder is None:
        return _AGAIN
    if corpus.speakers == "open":  # without a card, what lists the files says where they are
        return f"The folder {folder} holds them: say so where they are listed, or move them."
    return f"The folder {folder} holds them: --root {folder}"


def _those_there(names: Sequence[str], folder: Path) -> Iterator[Utterance]:
    return (Utterance(name, name, {}) for name in names if is_file(folder / name))


def _names(survey: Survey) -> Iterator[Finding]:
    if survey.undecodable:
        advice = "Rename them to UTF-8, e.g. with convmv; they are left out as they are."
        yield Finding("problem", "names that are not UTF-8", str(survey.undecodable), "none", advice)
    if survey.decomposed:
        advice = "Nothing to do: ids are the same as with composed letters."
        yield Finding("ok", "names with decomposed accents", str(survey.decomposed), "", advice)


def _not_listed(corpus: Corpus, root: Path, survey: Survey) -> Iterator[Finding]:
    """Files that are there and belong to no utterance: known to be bad, or passed over."""
    most = max(_MOST_ABOVE, _MOST_BESIDE * survey.count)
    counts, seen = Counter[str](), list[str]()
    try:
        for path in islice(files_below(root), most):
            if corpus.known_bad and is_listed(path, corpus.known_bad):
                seen.append(path)
            else:
                counts[suffix_of(path)] += 1
    except CorpusError as problem:  # the root of a manifest may be any folder, with others' folders in it
        yield Finding("ok", "files passed over", f"not counted: {problem}")
        return
    yield from _known_bad(corpus, seen)
    is_cut = counts.total() + len(seen) == most
    counts.subtract(survey.listed_files())
    if is_cut:
        yield Finding("ok", "files passed over", f"not counted: more than {most} files lie there")
    elif passed_over := by_suffix(counts):
        yield Finding("ok", "files passed over", passed_over)


def _known_bad(corpus: Corpus, seen: list[str]) -> Iterator[Finding]:
    if seen:
        reasons = {reason for bad, reason in corpus.known_bad.items() if any(is_listed(path, [bad]) for path in seen)}
        advice = f"Nothing to do: {'; '.join(sorted(reasons))}."
        yield Finding("ok", "known bad files, left out", some(seen), some(list(corpus.known_bad)), advice)


def _above(corpus: Corpus, root: Path, survey: Survey) -> Iterator[Finding]:
    """Where files are missing: does the folder above hold more of the corpus?"""
    expected, above = corpus.expected.utterances, root.resolve().parent
    if expected is None or survey.count >= expected:
        return
    try:
        if sum(1 for _ in islice(files_below(above), _MOST_ABOVE)) == _MOST_ABOVE:
            return
        more = sum(1 for _ in islice(corpus.scan(above), expected))
    except CorpusError:
        return
    if more > survey.count:
        advice = f"Give that folder: --root {above}"
        yield Finding("problem", "only a part of the corpus", str(survey.count), f"{more} below {above}", advice)
