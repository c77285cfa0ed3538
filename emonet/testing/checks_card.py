"""What a corpus promises on its card, before there are any data."""

from __future__ import annotations

import re
from typing import get_args

from emonet.corpus.corpus import WAYS, Access, Corpus, Source, Target
from emonet.errors import did_you_mean
from emonet.testing.subjects import broken

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_the_card_is_complete(corpus: Corpus) -> None:
    """Title, licence, citation, languages, access and a way to the owner are all there."""
    citation = corpus.citation
    needed = {
        "title": corpus.title,
        "licence": corpus.licence,
        "citation.authors": citation.authors,
        "citation.title": citation.title,
        # an unpublished corpus has no year yet, and says so by 0
        "citation.year": citation.year or corpus.access == "unpublished",
        "languages": corpus.languages,
        "homepage or how_to_get": corpus.homepage or corpus.how_to_get,
        "examples": corpus.examples,
    }
    empty = [key for key, value in needed.items() if not value]
    if empty:
        raise broken(
            corpus, f"the card leaves {', '.join(empty)} empty", promised="a complete card", cause="a key left out"
        )
    strange = [code for code in corpus.languages if not _LANGUAGE.fullmatch(code)]
    if strange:
        seen = f"the language is '{strange[0]}'"
        raise broken(corpus, seen, promised="BCP-47 codes such as 'de' or 'en-GB'", cause="a language's name")
    if corpus.access not in get_args(Access):
        seen = f"access is '{corpus.access}'"
        raise broken(corpus, seen, promised=f"one of {', '.join(get_args(Access))}", cause="a misspelt word")


_SPDX = frozenset(
    [
        "Apache-2.0",
        "BSD-3-Clause",
        "C-UDA-1.0",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC-BY-NC-3.0",
        "CC-BY-NC-4.0",
        "CC-BY-NC-ND-3.0",
        "CC-BY-NC-ND-4.0",
        "CC-BY-NC-SA-3.0",
        "CC-BY-NC-SA-3.0-DE",
        "CC-BY-NC-SA-4.0",
        "CC-BY-ND-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "CDLA-Permissive-2.0",
        "GPL-2.0-only",
        "GPL-3.0-only",
        "GPL-3.0-or-later",
        "LGPL-3.0-only",
        "MIT",
        "ODC-By-1.0",
        "ODbL-1.0",
        "PDDL-1.0",
        "Unlicense",
    ]
)
"""Identifiers of the SPDX licence list that data of speech stand under."""


def check_the_licence_has_its_identifier(corpus: Corpus) -> None:
    """Where the licence is given as SPDX, each identifier is one of the list, or begins with ``LicenseRef-``."""
    words = [word for word in re.split(r"[\s()]+", corpus.spdx) if word not in {"", "AND", "OR"}]
    strange = [word for word in words if word not in _SPDX and not word.startswith("LicenseRef-")]
    if strange:
        hint = did_you_mean(strange[0], _SPDX).removesuffix("?")
        seen = f"spdx is '{corpus.spdx}', and '{strange[0]}' is not an identifier that is known. {hint}".rstrip()
        raise broken(
            corpus, seen, promised="identifiers of SPDX, e.g. CC-BY-4.0", cause="the licence's name, with spaces"
        )


def check_every_class_has_affect_or_none_has(corpus: Corpus) -> None:
    """A target whose classes are emotions gives arousal and valence for each of them."""
    for target in corpus.targets:
        if target.affect and set(target.affect) != set(target.classes):
            odd = ", ".join(sorted(set(target.affect) ^ set(target.classes)))
            seen = f"target '{target.name}' has affect for some classes only; odd ones: {odd}"
            cause = "a class that was added or renamed without its affect"
            raise broken(corpus, seen, promised="arousal and valence for every class, or for none", cause=cause)


def check_targets_have_two_classes_or_a_range(corpus: Corpus) -> None:
    """There is something to tell apart: two different classes, or a range that is not empty."""
    for target in corpus.targets:
        if target.range is not None and not target.range[0] < target.range[1]:
            seen = f"target '{target.name}' has the range {target.range}"
            raise broken(corpus, seen, promised="a range from low to high", cause="the two numbers are swapped")
        different = set(target.classes)
        if target.range is None and (len(different) < 2 or len(different) < len(target.classes)):
            seen = f"target '{target.name}' has the classes {list(target.classes)}"
            raise broken(corpus, seen, promised="two different classes at least", cause="a class given twice or none")


def check_codes_cover_all_classes(corpus: Corpus) -> None:
    """Every class is reached by a raw code, and every code leads to a class or is left out."""
    for target in (target for target in corpus.targets if target.is_categorical):
        reached = {label for label in target.codes.values() if label is not None}
        if reached != set(target.classes):
            odd = ", ".join(sorted(reached ^ set(target.classes)))
            seen = f"codes and classes of target '{target.name}' differ by {odd}"
            raise broken(corpus, seen, promised="a code for every class", cause="a misspelt class among the codes")


def check_expected_counts_add_up(corpus: Corpus) -> None:
    """Counts per class name the card's classes, and are not more than there are utterances."""
    targets = {target.name: target for target in corpus.targets}
    for name, counts in corpus.expected.per_class.items():
        strange = sorted(set(counts) - set(targets[name].classes)) if name in targets else [name]
        if strange:
            seen = f"the card counts '{strange[0]}'"
            raise broken(corpus, seen, promised="counts of the card's own targets and classes", cause="a misspelt name")
        whole = corpus.expected.utterances
        if whole is not None and sum(counts.values()) > whole:
            seen = f"the classes of '{name}' add up to {sum(counts.values())}, the utterances are {whole}"
            raise broken(corpus, seen, promised="counts that add up", cause="counts of two different releases")


def check_counts_by_class_leave_no_utterance_out(corpus: Corpus) -> None:
    """Where each utterance has a label of a target, and all its classes are counted, the counts make the total."""
    whole = corpus.expected.utterances
    for target in (each for each in corpus.targets if each.is_categorical):
        counts = corpus.expected.per_class.get(target.name, {})
        if whole is None or set(counts) != set(target.classes) or not _labels_all(corpus, target):
            continue
        if sum(counts.values()) < whole:
            seen = f"the classes of '{target.name}' add up to {sum(counts.values())}, the utterances are {whole}"
            promised = "counts that add up, or an example without this label where utterances may lack it"
            raise broken(corpus, seen, promised=promised, cause="files counted that no code or pattern reads")


def _labels_all(corpus: Corpus, target: Target) -> bool:
    """Say whether every utterance has a label of a target: utterances without any label do not count."""
    if len(corpus.targets) == 1:
        return True
    return None not in target.codes.values() and all(target.name in example.labels for example in corpus.examples)


def check_high_confidence_has_evidence(corpus: Corpus) -> None:
    """A card that is sure of its layout says from what, and was tried on more than a release made up for it."""
    if corpus.confidence != "high":
        return
    seen = ""
    if not corpus.evidence:
        seen = "the confidence is high, and there is no evidence"
    elif corpus.tested in {"", "made-up"}:
        on = "a made-up release" if corpus.tested else "nothing that the card names"
        seen = f"the confidence is high, but the card was tested on {on}"
    if seen:
        promised = "evidence, and tested: audio, tables or lists, for whatever is called sure"
        raise broken(corpus, seen, promised=promised, cause="one's own reading of a description taken for the files")


def check_the_corpus_is_listed_and_cited_without_data(corpus: Corpus) -> None:
    """Its row in a list and its reference can be printed with nothing but the card."""
    reference = str(corpus.citation)
    names = [target.name for target in corpus.targets]
    seen = ""
    if not re.fullmatch("[a-z][a-z0-9_]*", corpus.id):
        seen = f"the id is '{corpus.id}'"
    elif len(reference.splitlines()) != 1 or len(corpus.title.splitlines()) > 1:
        seen = f"title or reference do not fit on a line: {reference!r}"
    elif not names or len(set(names)) < len(names):
        seen = f"the targets are {names}"
    if seen:
        promised = (
            "an id of a-z, 0-9 and _, a title and a reference of one line each, and targets with names of their own"
        )
        raise broken(corpus, seen, promised=promised, cause="text pasted over several lines, or a name used twice")


def check_the_way_to_the_data_is_given(corpus: Corpus) -> None:
    """What may be fetched is public, from sources whose content is fixed; else the card says how to get it."""
    if not corpus.fetchable:
        if not corpus.how_to_get:
            seen = "it cannot be fetched, and how_to_get is empty"
            raise broken(corpus, seen, promised="a sentence that says whom to ask", cause="how_to_get was left out")
        return
    if corpus.access != "public":
        seen = f"it is fetchable, though its access is '{corpus.access}'"
        promised = "fetchable only where neither an account, a form nor a licence is asked for"
        raise broken(corpus, seen, promised=promised, cause="fetchable was copied from another card")
    if not corpus.sources:
        seen = "it is fetchable from no source"
        raise broken(corpus, seen, promised="a source at least", cause="sources were left out")
    for source in corpus.sources:
        _check_source(corpus, source)


def _check_source(corpus: Corpus, source: Source) -> None:
    places = [place for place in (getattr(source, way) for way in WAYS) if place]
    checksums = [source.sha256] if source.sha256 or {"url", "path", "package"} & {source.way} else []
    checksums += [source.member_sha256] if source.member else []
    if len(places) != 1 or not all(_SHA256.fullmatch(checksum) for checksum in checksums):
        seen = f"the source {' and '.join(places) or 'without a place'} has the checksums {checksums}"
        promised = "one place for each source, and a SHA-256 for every file whose place gives none"
        raise broken(corpus, seen, promised=promised, cause="a checksum of another kind, or none")
