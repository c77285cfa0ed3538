"""Audits from Python: what stands on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from emonet.api.corpora import Plugins, declared_protocols, registry_of
from emonet.api.frames import frame_of, html_table
from emonet.api.recipes import RecipeLike, read_any
from emonet.errors import EmonetError, RecipeError, did_you_mean
from emonet.findings import LEVELS, Level, Verdict, over_folds
from emonet.plugin.registry import Registry
from emonet.progress import told
from emonet.protocols.lists import LIST_SUFFIXES, told_split
from emonet.recipe.recipe import Recipe
from emonet.task_id import TaskId

if TYPE_CHECKING:
    import pandas as pd

    from emonet.engine.gather import Gathered
    from emonet.events import Listener

_RECIPES = (".yaml", ".yml")
_NAMES = ("speaker", "session", "text")


@dataclass(frozen=True)
class Audit(Sequence[Verdict]):
    """What an audit says: a verdict on each partition and, of recipes, on what systems learned before."""

    verdicts: tuple[Verdict, ...]

    def __len__(self) -> int:
        return len(self.verdicts)

    @overload
    def __getitem__(self, number: int) -> Verdict: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Verdict, ...]: ...
    def __getitem__(self, number: int | slice) -> Verdict | tuple[Verdict, ...]:
        """Return a verdict by its number, or several by a slice."""
        return self.verdicts[number]

    @property
    def level(self) -> Level:
        """The worst of all: ``ok``, ``warning`` or ``problem``."""
        return max((verdict.level for verdict in self.verdicts), key=LEVELS.index, default="ok")

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data, as ``emonet audit --json`` prints them."""
        return [verdict.to_json() for verdict in self.verdicts]

    def to_frame(self) -> pd.DataFrame:
        """Return a row a finding, those of each fold included."""
        return frame_of(
            {"subject": verdict.subject, "protocol_hash": verdict.hash, **asdict(finding)}
            for verdict in self.verdicts
            for finding in verdict.findings
        )

    def _repr_html_(self) -> str:
        columns = ("level", "what", "seen", "advice")

        def rows(verdict: Verdict) -> Iterator[list[str]]:
            for finding in over_folds(verdict.findings):
                yield [getattr(finding, name) for name in columns]

        return "".join(html_table(columns, rows(verdict), title=verdict.line) for verdict in self.verdicts)


def audit(  # noqa: PLR0913 - what may be audited differs in what must be known of it
    *subjects: RecipeLike,
    protocols: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    corpus: str = "",
    form: str = "",
    test: str = "",
    names: Mapping[str, str] | None = None,
    root: str | Path | None = None,
    audio: bool = True,
    plugins: Plugins = (),
    progress: bool | Listener = True,
) -> Audit:
    """Find speakers, sessions, sentences and audio in two splits, and what gives a class away; as ``emonet audit``.

    Args:
        subjects: recipes (paths, mappings, ``Recipe``), split files or folders of them, or corpora as in a recipe.
        protocols: of a corpus; by default those that its card declares, else by-speaker.
        options: of these protocols, e.g. ``{"k": 3}``.
        corpus: of split files: the id of the corpus whose names they list.
        form: of split files: emonet, emobox, superb or csv; by default found by their content.
        test: of split files: which of several test sets is test, by its own name.
        names: of split files: ``speaker``, ``session``, ``text`` -> a regular expression that reads it from names.
        root: of a corpus, or of the one that split files list: the folder of its files.
        audio: compare prepared audio for copies.
        plugins: single-file plugins to load as well.
        progress: whether to show on stderr what goes on; or a function that is given each ``Event``.

    Raises:
        EmonetError: nothing is given, a subject cannot be read, or nothing tells the speakers of a list.
    """
    if not subjects:
        raise EmonetError("There is nothing to audit. Give a recipe, split files, or a corpus as in a recipe.")
    registry = registry_of(plugins)
    with told(progress) as listen:
        if all(_is_recipe(subject) for subject in subjects):
            return Audit(_of_recipes(subjects, registry, audio=audio, listen=listen))
        texts = [str(subject) for subject in subjects]
        if all(Path(told_split(text)[1]).exists() for text in texts):
            rules = dict.fromkeys(_NAMES, "") | dict(names or {})
            place = None if root is None else Path(root)
            return Audit(
                _of_lists(texts, form, corpus, rules, registry, test=test, root=place, audio=audio, listen=listen)
            )
        _check_subjects(texts)
        gathered = [
            gathered_from(text, name, options or {}, None if root is None else Path(root), registry)
            for text in texts
            for name in protocols or _declared(text, registry)
        ]
        from emonet.engine.audit import audit_gathered

        return Audit(audit_gathered(gathered, audio=audio, listen=listen))


def _check_subjects(texts: Sequence[str]) -> None:
    """Refuse files that are not there, which would be taken for corpora, and files beside corpora.

    Raises:
        EmonetError: naming the first.
    """
    for text in texts:
        split, path = told_split(text)
        here = Path(path)
        if here.exists():
            raise EmonetError(
                f"{text}: split lists and corpora are audited one after the other. Give one kind of them."
            )
        if split or (here.suffix.lower() in LIST_SUFFIXES and not text.startswith("{")):
            there = here.parent.iterdir() if here.parent.is_dir() else ()
            hint = did_you_mean(here.name, [each.name for each in there])
            raise EmonetError(f"{path}: there is no such file. {hint}".strip())


def gathered_from(
    corpus: str, name: str, options: Mapping[str, Any], root: Path | None, registry: Registry
) -> Gathered:
    """Return a corpus, named as in a recipe, split by a protocol."""
    from emonet.document import Document, parse_value, validate
    from emonet.engine.gather import gather_corpus
    from emonet.recipe.choice import Choice
    from emonet.recipe.recipe import CorpusEntry

    entry = validate(CorpusEntry, Document(parse_value(corpus, "CORPUS", RecipeError), "CORPUS"), RecipeError)
    if root is not None:
        entry = entry.model_copy(update={"root": str(root.absolute())})
    choice = Choice(name=name, options=dict(options))
    return gather_corpus(entry, choice, Path.cwd(), registry, decode=False)


def _is_recipe(subject: RecipeLike) -> bool:
    return isinstance(subject, Mapping | Recipe) or Path(subject).suffix.lower() in _RECIPES


def _of_recipes(
    subjects: Sequence[RecipeLike], registry: Registry, *, audio: bool, listen: Listener
) -> tuple[Verdict, ...]:
    from emonet.engine.audit import audit_plan
    from emonet.engine.run import plan_run

    verdicts: list[Verdict] = []
    for subject in subjects:
        recipe, document = read_any(subject)
        # An audit reports what a run would stop at.
        recipe = recipe.model_copy(update={"audit": "report"})
        made, gathered = plan_run(recipe, Path(document.name).resolve().parent, registry, listen=listen)
        verdicts += audit_plan(made, gathered, audio=audio, listen=listen)
    return tuple(verdicts)


def _declared(subject: str, registry: Registry) -> list[str]:
    """Return the protocols that a corpus declares, or the one that any corpus with speakers has."""
    return declared_protocols(None if subject.startswith("{") else registry.corpus(TaskId.of(subject).corpus))


def _of_lists(  # noqa: PLR0913 - what may be audited differs in what must be known of it
    subjects: Sequence[str],
    form: str,
    corpus_id: str,
    names: dict[str, str],
    registry: Registry,
    *,
    test: str,
    root: Path | None,
    audio: bool,
    listen: Listener,
) -> tuple[Verdict, ...]:
    from emonet.auditing.lists import corpus_called, name_rules
    from emonet.auditing.shared import UNKNOWN
    from emonet.engine.audit import audit_list
    from emonet.protocols.lists import read_lists

    rules = name_rules(names)
    places = {Path(path): split for split, path in map(told_split, subjects)}
    listed = read_lists(list(places), form, places, test=test)
    called = listed.header.corpus or listed.data
    corpus = registry.corpus(corpus_id) if corpus_id else corpus_called(called, registry.corpora.values())
    if root is not None and corpus is None:
        raise EmonetError(f"{listed.name}: of which corpus is {root} the folder? Name the corpus by its id.")
    verdict = audit_list(listed, rules, corpus, root=root, audio=audio, listen=listen)
    told_of = [finding.seen for finding in verdict.findings if finding.what in {"speakers", "sessions"}]
    if not rules.patterns and all(seen == UNKNOWN for seen in told_of):
        why = f" (it calls its data '{called}', which is not a corpus here)" if called else ""
        if corpus is not None:
            here = any(finding.what == "names" for finding in verdict.findings)
            data = "they are not those of its data here" if here else "its data are not here"
            why = f" (the names of '{corpus.id}' do not say them, and {data})"
        way = "the folder of its data (root)" if corpus is not None else "the id of its corpus (corpus)"
        python = "from Python names={'speaker': REGEX}"
        advice = f"Give {way}, or what reads speakers from names, e.g. --speaker '/(\\d\\d)', {python}."
        raise EmonetError(f"{listed.name}: nothing tells the speakers of this list{why}. {advice}")
    return (verdict,)
