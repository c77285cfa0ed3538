"""The card that a folder suggests: what was read of it, counted, with examples taken from its own files."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from emonet.affect import TABLE_2, Affect
from emonet.corpus.corpus import Utterance
from emonet.document import parse_scalar
from emonet.propose.proposal import Proposal

_PLAIN = re.compile(r"[A-Za-z_][\w ./+-]*(?<! )")


class _Dumper(yaml.SafeDumper):
    """Quotes whatever could be read as something else than text."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: a card is for people."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    is_plain = _PLAIN.fullmatch(text) is not None and parse_scalar(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else "'")


_Dumper.add_representer(str, _text)


def yaml_text(data: Any, *, flow: bool | None = False) -> str:
    """Return data as YAML; ``flow`` writes it on one line in braces."""
    return str(
        yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=flow)
    )


TARGET = "emotion"
_EXAMPLES = 12
_FLOW = ("citation", "expected")
_OWNER = "not stated yet"


@dataclass(frozen=True)
class Draft:
    """A card before it is written: its scan, and arousal and valence of the words that are known."""

    corpus_id: str
    proposal: Proposal
    cells: Mapping[str, Affect]

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes, each once, in the order of their names."""
        return tuple(sorted(set(self.proposal.codes.values())))

    @property
    def without_affect(self) -> tuple[str, ...]:
        """Return the classes whose arousal and valence nobody gives."""
        return tuple(label for label in self.classes if label not in TABLE_2 and label not in self.cells)

    @property
    def affect(self) -> dict[str, dict[str, str]]:
        """Return the cells of the classes that Table 2 lacks, with their reasons."""
        known = {label: self.cells[label] for label in self.classes if label not in TABLE_2 and label in self.cells}
        return {label: {"arousal": c.arousal, "valence": c.valence, "reason": c.reason} for label, c in known.items()}


def card_data(draft: Draft, utterances: Sequence[Utterance], first: str) -> dict[str, Any]:
    """Return the card as plain data.

    Args:
        utterances: what its scan has found; none before it was tried.
        first: path of a file that the scan finds.
    """
    examples = [_example(utterance) for utterance in _chosen(utterances)] or [{"path": first}]
    target: dict[str, Any] = {"classes": list(draft.classes), "codes": dict(draft.proposal.codes)}
    if draft.without_affect:
        target["affect"] = False
    elif draft.affect:
        target["affect"] = draft.affect
    data: dict[str, Any] = {
        "id": draft.corpus_id,
        "title": draft.corpus_id,
        "languages": ["und"],
        "access": "unpublished",
        "licence": f"{_OWNER}; the owner of the files decides",
        "how_to_get": f"The way to the owner of {draft.corpus_id} is {_OWNER}.",
        "citation": {"authors": f"Authors {_OWNER}", "title": draft.corpus_id, "year": 0},
        "targets": {TARGET: target},
        "scan": dict(draft.proposal.scan),
        **_protocols(draft, utterances),
        "expected": _expected(utterances),
        "examples": examples,
    }
    fixtures = dict(_fixtures(draft.proposal, [example["path"] for example in examples]))
    return data | ({"fixtures": fixtures} if fixtures else {})


def _chosen(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Return an example of each class and each split, by speakers as different as can be."""
    chosen: list[Utterance] = []
    used: Counter[str | None] = Counter()
    wanted = [("label", label) for label in sorted({str(each.labels[TARGET]) for each in utterances})]
    wanted += [("split", split) for split in sorted({each.split for each in utterances if each.split})]
    groups: dict[tuple[str, str], list[Utterance]] = defaultdict(list)
    for each in utterances:
        groups["label", str(each.labels[TARGET])].append(each)
        groups["split", str(each.split)].append(each)
    for kind, value in wanted[: max(_EXAMPLES, len(groups))]:
        if kind == "split" and any(each.split == value for each in chosen):
            continue
        best = min(groups[kind, value], key=lambda each: (used[each.speaker], each.id))
        chosen.append(best)
        used[best.speaker] += 1
    return sorted(chosen, key=lambda each: each.id)


def _example(utterance: Utterance) -> dict[str, Any]:
    facts = {name: getattr(utterance, name) for name in ("speaker", "session", "text", "split")}
    known = {name: value for name, value in facts.items() if value is not None}
    return {"path": utterance.path, "label": utterance.labels[TARGET], **known}


def _expected(utterances: Sequence[Utterance]) -> dict[str, Any]:
    speakers = {each.speaker for each in utterances} - {None}
    counts = Counter(str(each.labels[TARGET]) for each in utterances)
    known = {"speakers": len(speakers)} if speakers else {}
    return {"utterances": len(utterances), **known, "per_class": {TARGET: dict(sorted(counts.items()))}}


def _protocols(draft: Draft, utterances: Sequence[Utterance]) -> dict[str, Any]:
    if not draft.proposal.splits:
        return {}
    stands_in: dict[str | None, set[str | None]] = defaultdict(set)
    for each in utterances:
        stands_in[each.speaker].add(each.split)
    shared = sum(len(splits) > 1 for speaker, splits in stands_in.items() if speaker is not None)
    overlap = {"overlap": f"{shared} speakers stand in several splits, as they were found"} if shared else {}
    return {
        "protocols": {"official": {"by": "split", "source": "the splits that the files themselves name", **overlap}}
    }


def _fixtures(proposal: Proposal, examples: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the CSV files cut down to the rows of the examples."""
    if proposal.columns is None:
        return
    template = proposal.columns.path
    for sheet in proposal.columns.sheets.values():
        kept = [row for row in sheet.rows if _names(template.format_map(row), examples)]
        text = io.StringIO()
        writer = csv.DictWriter(text, list(sheet.rows[0]), delimiter=sheet.delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)
        yield sheet.name, text.getvalue()


def _names(end: str, examples: Sequence[str]) -> bool:
    return any(example == end or example.endswith(f"/{end}") for example in examples)


def card_text(draft: Draft, data: Mapping[str, Any]) -> str:
    """Return the card as the file that people will go on with."""
    lines = ["# Made by `emonet corpora new` from the names of the files. It took that"]
    lines += [f"#   - {sentence}" for sentence in draft.proposal.assumed]
    lines += ["# Compare this with the documentation of the corpus, and look at this:"]
    lines += [f"#   - {sentence}" for sentence in to_check(draft)]
    if draft.without_affect:
        lines += [f"#       {label}: {{arousal: ..., valence: ..., reason: ...}}" for label in draft.without_affect]
        lines += [f"#       {yaml_text({label: cell}, flow=True)[1:-2]}" for label, cell in draft.affect.items()]
    body = "".join(_entry(key, value) for key, value in data.items())
    return "\n".join(line.rstrip() for line in lines) + "\n" + body


def to_check(draft: Draft) -> tuple[str, ...]:
    """Return what the user is to look at."""
    affect = (
        f"affect is off, since arousal and valence of {', '.join(draft.without_affect)} are not known: where these are "
        "emotions, give affect an entry for each in place of false (arousal: low or high; valence: negative, neutral "
        "or positive)"
    )
    facts = "title, languages, access, licence, how_to_get and citation are not known from the files: fill them in"
    return (*draft.proposal.check, *([affect] if draft.without_affect else []), facts)


def _entry(key: str, value: Any) -> str:
    if key == "examples":
        rows = "".join(f"  - {yaml_text(row, flow=True)}" for row in value)
        return f"examples:\n{rows}"
    if key in _FLOW or key == "languages":
        return f"{key}: {yaml_text(value, flow=True)}"
    return yaml_text({key: value}, flow=False)
