"""Names of speakers, sessions and texts: which spellings are one, how they are read, joined, and told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from emonet.corpus.corpus import Utterance
from emonet.corpus.naming import Naming, alike, how_to_join, spelling_of, with_names
from emonet.document import changed
from emonet.errors import CorpusError
from emonet.recipe.recipe import CorpusEntry
from tests.helpers.made import make_corpus


@pytest.mark.parametrize(
    "names",
    [
        ("s01", "S01", "s1", "s 1", "s-1", "s_001", "s01 ", "\uff53\uff11", "s\u200b01", "\ufeffs1"),
        ("spk_01", "SPK-01", "Spk 1", "spk1", "spk.1", "spk01"),
        ("7", "07", "7.0", "7.00", "007", "\uff17"),
        ("Zoë", "zoe", "ZOE\u0308", "Zoé"),
        ("Müller", "muller", "Mu\u0308ller"),
        ("Łukasz", "lukasz"),
        ("Bjørn", "bjorn"),
        ("Straße", "strasse"),
        ("Ann Marie", "ann_marie", "Ann-Marie", "ann  marie", "ann\u00a0marie"),
        ("Ses01_F", "ses1-f", "SES01F", "Ses 01 F"),
        ("ﬁona", "fiona"),
    ],
)
def test_spellings_of_one_name_are_alike(names: tuple[str, ...]) -> None:
    assert len({spelling_of(name) for name in names}) == 1
    assert alike(names) == [tuple(sorted(names))]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("s1", "s10"),
        ("1-1", "11"),
        ("s1_1", "s11"),
        ("ann a", "anna"),
        ("1.5", "15"),
        ("0", ""),
        ("s1", "t1"),
        ("Иван", "Иваи"),
        ("राम", "रम"),
        ("+", "-"),
        ("10", "100"),
        ("1.0", "10"),
    ],
)
def test_other_names_are_not_alike(name: str, other: str) -> None:
    assert alike([name, other]) == []


def names_by(field: str, rule: Any, *names: str | None, paths: tuple[str, ...] = ()) -> list[str | None]:
    listed = paths or tuple(f"{number}.wav" for number, _ in enumerate(names))
    known = names or (None,) * len(listed)
    said = [Utterance(path, path, {}, **{field: name}) for path, name in zip(listed, known, strict=True)]  # type: ignore[arg-type]
    corpus = with_names(make_corpus(said), {field: Naming.model_validate(rule)})
    return [getattr(each, field) for each in corpus.scan(Path())]


def test_an_expression_reads_names_from_paths() -> None:
    paths = ("wav/03a01Wa.wav", "wav/16b10Tb.wav")
    assert names_by("speaker", r"/(\d\d)", paths=paths) == ["03", "16"]
    assert names_by("text", {"regex": r"/\d\d(.)(\d\d)"}, paths=paths) == ["a-01", "b-10"]
    assert names_by("speaker", r"/(03)|/16()", "x", "y", paths=paths) == ["03", None], "an empty group: nobody knows"
    assert names_by("speaker", {"regex": r"/(\d\d)", "map": {16: 3}}, paths=paths) == ["03", "3"]


def test_an_expression_that_does_not_fit_every_path_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"speaker: 's\(\\d\)' fits 1 of 2 paths, and not 't1\.wav'\. Mend it"):
        names_by("speaker", r"s(\d)", paths=("s1.wav", "t1.wav"))
    with pytest.raises(CorpusError, match=r"speaker: 's\(': not a regular expression"):
        names_by("speaker", "s(", paths=("s1.wav",))
    with pytest.raises(CorpusError, match=r"session: 's': it has no group\. Put the session in round brackets"):
        names_by("session", "s", paths=("s1.wav",))


def test_a_map_joins_names_and_takes_some_away() -> None:
    rule = {"map": {"S01": "s01", "nobody": None}}
    assert names_by("speaker", rule, "s01", "S01", "nobody", None) == ["s01", "s01", None, None]
    with pytest.raises(
        CorpusError, match=r"map names 'S1', which is not a speaker here\. Did you mean 's1'\? There are"
    ):
        names_by("speaker", {"map": {"S1": "s2"}}, "s1", "s2")


def test_spellings_are_joined_under_the_most_frequent_one() -> None:
    rule = {"alike": "one"}
    assert names_by("speaker", rule, "S01", "s1", "s1", "s2", None) == ["s1", "s1", "s1", "s2", None]
    assert names_by("session", rule, "D 1", "d1") == ["D 1", "D 1"], "of equals, the first by name"


def test_names_may_be_said_to_differ() -> None:
    corpus = with_names(make_corpus(), {"speaker": Naming(alike="differ"), "text": Naming(alike="one")})
    assert corpus.names_apart == ("speaker",)


def test_advice_on_joining_is_a_corpus_entry_that_works(tmp_path: Path) -> None:
    assert "`speaker: {alike: one}`" in how_to_join("speaker", ("S01", "s01"))
    assert "`speaker: {map: {S01: s01}}`" in how_to_join("speaker", ("S01", "s01"))
    for naming in ({"alike": "one"}, {"map": {"S01": "s01"}}, {"alike": "differ"}):
        assert CorpusEntry.model_validate({"manifest": "a.csv", "speaker": naming}).naming.keys() == {"speaker"}


def test_rules_for_names_are_of_corpora_without_a_card() -> None:
    with pytest.raises(ValidationError, match=r"speaker is for a corpus without a card"):
        CorpusEntry.model_validate({"id": "foo", "speaker": r"(\d)"})
    for wrong in (5, ["a"]):
        with pytest.raises(ValidationError, match=r"expected a regular expression, or \{regex: "):
            CorpusEntry.model_validate({"manifest": "a.csv", "speaker": wrong})
    with pytest.raises(ValidationError, match="alike"):
        CorpusEntry.model_validate({"manifest": "a.csv", "speaker": {"alike": "two"}})


def test_rules_for_names_are_written_as_options() -> None:
    door = CorpusEntry.model_validate({"manifest": "a.csv", "speaker": r"/(\d)", "text": {"map": {"a": None}}})
    assert door.option == r"--manifest a.csv --set speaker='/(\d)' --set text='{map: {a: null}}'"
    both = Naming(regex=r"/(\d)", map={"7": "a b"}, alike="one")
    (found,) = changed({}, f"speaker={both.inline.strip(chr(39))}", CorpusError).values()
    assert Naming.model_validate(found) == both, "what is written is read again"
