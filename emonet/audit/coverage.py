"""Whether the parts of a fold have what they need: utterances, and every class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emonet.audit.finding import Finding
from emonet.audit.shared import FoldRows
from emonet.corpus.corpus import PARTS, Utterance

Label = Callable[[Utterance], str | None]


def coverage_findings(fold: FoldRows, classes: Sequence[str], label: Label) -> list[Finding]:
    """Return findings on parts that are empty and on classes that a part lacks."""
    return [_parts(fold), *_classes(fold, classes, label)]


def _parts(fold: FoldRows) -> Finding:
    counts = {part: len(fold.part(part)) for part in PARTS}
    seen = ", ".join(f"{count} {part}" for part, count in counts.items())
    if not counts["train"] or not counts["test"]:
        advice = "Nothing can be learned or tested: give lists of all parts."
        return Finding(level="problem", what="parts", fold=fold.name, seen=seen, advice=advice)
    if not counts["dev"]:
        advice = "Cut a dev by whole speakers from train, or test gets chosen on."
        return Finding(level="warning", what="parts", fold=fold.name, seen=f"no dev: {seen}", advice=advice)
    return Finding(level="ok", what="parts", fold=fold.name, seen=seen)


def _classes(fold: FoldRows, classes: Sequence[str], label: Label) -> list[Finding]:
    if not classes:
        return []
    has = {part: {label(each) for each in fold.part(part)} for part in PARTS}
    unlearned = [each for each in classes if each not in has["train"] and each in has["test"] | has["dev"]]
    untested = [each for each in classes if each not in has["test"]]
    if unlearned:
        seen = f"train has no {', '.join(unlearned)}"
        advice = "What train lacks cannot be learned: choose another protocol, or leave the class out."
        return [
            Finding(level="problem", what="classes", fold=fold.name, seen=seen, advice=advice, count=len(unlearned))
        ]
    if untested:
        seen = f"test has no {', '.join(untested)}"
        advice = "The fold's own UAR is over fewer classes; the pooled one counts."
        return [Finding(level="warning", what="classes", fold=fold.name, seen=seen, advice=advice, count=len(untested))]
    return [Finding(level="ok", what="classes", fold=fold.name, seen="all in train and test")]
