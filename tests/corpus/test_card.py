"""Cards: what is accepted, and what is said of everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from emonet.affect import TABLE_2, Affect
from emonet.corpus.card import corpora_in, read_card
from emonet.corpus.corpus import Corpus, Source, Unmapped
from emonet.errors import CorpusError, UnknownName
from tests.helpers.hub_datasets import dataset_of, rows, save_parquet

GOOD = """\
id: foo
title: Foo
languages: [en]
access: public
licence: free
citation: {authors: A. Author, title: Foo, year: 2020, venue: Bar, doi: 10.1/foo}
sources:
  - {url: https://example.org/foo.zip, sha256: SUM}
targets:
  emotion:
    classes: [anger, neutral]
    codes: {a: anger, n: neutral, x: null}
scan:
  pattern:
    regex: '(?P<speaker>\\d\\d)_(?P<label>[anx])\\.wav$'
    label: '{label}'
protocols:
  own:
    splits: {train: ['01', '02'], dev: ['04'], test: ['03']}
examples:
  - {path: 01_a.wav, label: anger, speaker: '01'}
""".replace("SUM", "0" * 64)

TABLE = "  table:\n    files: {train: a.csv}\n    path: '{p}'\n    label: '{l}'\n"

WRONG = {
    "misspelt key of a target": (
        ("classes: [", "clases: ["),
        "foo.yaml:11: unknown key 'targets.emotion.clases'. Did you mean 'classes'? Known keys here: affect, classes,",
    ),
    "misspelt key": (("licence:", "license:"), "foo.yaml:5: unknown key 'license'. Did you mean 'licence'?"),
    "missing key": (("licence: free\n", ""), "foo.yaml:1: the key 'licence' is missing. Add it."),
    "access word": (
        ("access: public", "access: pulbic"),
        "foo.yaml:4: 'access' is 'pulbic', expected 'public', 'request', 'licence' or 'unpublished'. "
        "Did you mean 'public'?",
    ),
    "key twice": (("title: Foo\n", "title: Foo\ntitle: Bar\n"), "foo.yaml:3: the key 'title' is given twice."),
    "not YAML": (("title: Foo", "title: [Foo"), "not valid YAML"),
    "id": (("id: foo", "id: Foo"), "foo.yaml:1: 'id' is 'Foo': string should match pattern"),
    "code to no class": (
        ("a: anger", "a: angr"),
        "foo.yaml:10: 'targets.emotion': the code 'a' maps to 'angr', which is not a class. Did you mean 'anger'? "
        "Classes: anger, neutral.",
    ),
    "one class": (("classes: [anger, neutral]", "classes: [anger]"), "needs two classes at least"),
    "class twice": (
        ("classes: [anger, neutral]", "classes: [anger, neutral, anger]"),
        "foo.yaml:10: 'targets.emotion': the class 'anger' is listed twice. Keep one of them",
    ),
    "count of no class": (
        ("protocols:", "expected: {per_class: {emotion: {angr: 3}}}\nprotocols:"),
        "expected.per_class.emotion counts no class: 'angr'. Did you mean 'anger'? Classes: anger, neutral.",
    ),
    "package without its archive": (
        ("url: https://example.org/foo.zip", "package: foo"),
        "foo.yaml:8: 'sources.0': a package needs the name of its archive. Add file: NAME.tar.gz",
    ),
    "delimiter of two": (
        (GOOD[GOOD.index("  pattern:") : GOOD.index("protocols:")], TABLE + "    delimiter: ', '\n"),
        "'scan.table.delimiter' is ', ': string should have at most 1 character",
    ),
    "encoding that nobody knows": (
        (GOOD[GOOD.index("  pattern:") : GOOD.index("protocols:")], TABLE + "    encoding: utf-88\n"),
        "'scan.table.encoding': there is no encoding 'utf-88'. Expected e.g. utf-8-sig or latin-1",
    ),
    "an empty range": (
        ("classes: [anger, neutral]", "range: [5, 5]"),
        "'targets.emotion': the range 5 to 5 has no length. Give the lowest and the highest value",
    ),
    "classes and range": (
        ("classes: [anger, neutral]", "classes: [anger, neutral]\n    range: [1, 5]"),
        "'targets.emotion': a target has classes (two at least), or a range, or is open.",
    ),
    "label outside Table 2": (
        ("classes: [anger, neutral]\n    codes: {a: anger, n: neutral, x: null}", "classes: [angr, neutral]"),
        "foo.yaml:10: the label 'angr' has no arousal and valence in the paper's Table 2. Did you mean 'anger'? "
        "Add affect: {angr: {arousal: ..., valence: ..., reason: ...}}, or affect: false",
    ),
    "affect of no class": (
        ("classes: [", "affect: {angr: {arousal: high, valence: negative, reason: why}}\n    classes: ["),
        "foo.yaml:10: affect for 'angr', which is not a class. Did you mean 'anger'? Classes: anger, neutral.",
    ),
    "affect word": (
        ("classes: [", "affect: {anger: {arousal: hihg, valence: negative, reason: why}}\n    classes: ["),
        "foo.yaml:11: 'targets.emotion.affect.anger.arousal' is 'hihg', expected 'low' or 'high'. Did you mean 'high'?",
    ),
    "affect without a reason": (
        ("classes: [", "affect: {anger: {arousal: high, valence: negative}}\n    classes: ["),
        "the key 'targets.emotion.affect.anger.reason' is missing",
    ),
    "broken regex": (("regex: '", "regex: '("), "is not a regular expression: missing )"),
    "template without its group": (
        ("label: '{label}'", "label: '{lable}'"),
        "foo.yaml:14: 'scan.pattern': the template '{lable}' of 'label' needs a group 'lable', which the regex lacks. "
        "Did you mean 'label'? Its groups: speaker, label.",
    ),
    "label of no target": (
        ("label: '{label}'", "label: {emtion: '{label}'}"),
        "scan.label names no target: 'emtion'. Did you mean 'emotion'? Targets: emotion.",
    ),
    "example of no target": (
        ("label: anger,", "labels: {emotoin: anger},"),
        "the example '01_a.wav' names no target: 'emotoin'. Did you mean 'emotion'?",
    ),
    "field that is none": (
        ("label: '{label}'", "lower: [speeker]"),
        "'scan.pattern.lower.0' is 'speeker', expected 'speaker', 'session'",
    ),
    "two ways to scan": (("pattern:", "module: foo\n  pattern:"), "foo.yaml:13: 'scan': give exactly one of pattern,"),
    "module that is not there": (
        (GOOD[GOOD.index("  pattern:") : GOOD.index("protocols:")], "  module: foo_scan\n"),
        "names the module 'foo_scan', but there is no foo_scan.py beside it. Add the file",
    ),
    "split": (("{train:", "{trian:"), "foo.yaml:19: 'protocols.own.splits.trian' is 'trian', expected 'train', 'dev'"),
    "number for text": (("'04'", "4"), "'protocols.own.splits.dev.0' is 4: text is expected, put it in quotes."),
    "speaker in two splits": (
        ("test: ['03']", "test: ['04']"),
        "foo.yaml:18: 'protocols.own': the speaker '04' is listed twice in one fold. Keep it in one split.",
    ),
    "protocol of nothing": (
        ("splits: {train: ['01', '02'], dev: ['04'], test: ['03']}", "source: me"),
        "a protocol by speaker has neither splits nor folds. Give one of them.",
    ),
    "splits and folds": (("splits:", "folds: [{test: ['01']}]\n    splits:"), "splits and folds are both given."),
    "random dev without a reason": (
        ("splits: {train: ['01', '02'], dev: ['04'], test: ['03']}", "splits: {test: ['03']}\n    random_dev: 0.2"),
        "'protocols.own': random_dev puts speakers of train into dev. Say why with overlap.",
    ),
    "random dev beside a named one": (
        ("splits: {train: [", "random_dev: 0.2\n    overlap: why\n    splits: {train: ["),
        "'protocols.own': random_dev is cut from train. Give train and test their values, and dev none.",
    ),
    "address without TLS": (("url: https", "url: http"), "'sources.0.url' is 'http://example.org/foo.zip'"),
    "two places": (
        ("{url:", "{doi: 'doi:10.1/x', url:"),
        "'sources.0': give exactly one of url, doi, package, path, hub, git and audb",
    ),
    "checksum": (("0" * 64, "abc"), "'sources.0.sha256' is 'abc': string should match pattern"),
    "checksum of a member": (
        ("{url:", "{member_sha256: abc, url:"),
        "'sources.0.member_sha256' is 'abc': string should match pattern",
    ),
    "file that is a path": (("{url:", "{file: ../x.zip, url:"), "'sources.0.file' is '../x.zip': string should match"),
    "file that is an absolute path": (("{url:", "{file: /x.zip, url:"), "'sources.0.file' is '/x.zip': string should"),
    "file behind a backslash": (("{url:", "{file: '..\\x.zip', url:"), "'sources.0.file' is '..\\\\x.zip': string"),
    "file that is the folder above": (("{url:", "{file: '..', url:"), "file: .. is a folder. Give a plain name"),
    "no example": (
        ("\n  - {path: 01_a.wav, label: anger, speaker: '01'}", " []"),
        "'examples' is []: give at least 1.",
    ),
}


def read(folder: Path, text: str = GOOD) -> Corpus:
    path = folder / "foo.yaml"
    path.write_text(text, encoding="utf-8")
    return read_card(path)


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_card_is_said_with_its_place(case: str, tmp_path: Path) -> None:
    (old, new), message = WRONG[case]
    assert old in GOOD
    with pytest.raises(CorpusError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert message in str(caught.value)
    assert "  " not in str(caught.value)


STRAY = {
    "citation": ("citation: {", "citation: {stray: 1, "),
    "sources.0": ("{url:", "{stray: 1, url:"),
    "targets.emotion": ("classes:", "stray: 1\n    classes:"),
    "targets.emotion.affect.anger": ("classes:", "affect: {anger: {stray: 1}}\n    classes:"),
    "scan": ("pattern:", "stray: 1\n  pattern:"),
    "scan.pattern": ("regex:", "stray: 1\n    regex:"),
    "protocols.own": ("splits:", "stray: 1\n    splits:"),
    "examples.0": ("{path:", "{stray: 1, path:"),
    "expected": ("examples:", "expected: {stray: 1}\nexamples:"),
    "paper": ("examples:", "paper: {stray: 1}\nexamples:"),
}


@pytest.mark.parametrize("place", STRAY)
def test_no_piece_of_a_card_takes_a_key_that_it_does_not_know(place: str, tmp_path: Path) -> None:
    old, new = STRAY[place]
    assert old in GOOD
    with pytest.raises(CorpusError, match=rf"unknown key '{place}\.stray'\. Known keys here: "):
        read(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize("way", ["manifest", "hub", "audformat", "table"])
def test_no_way_to_scan_takes_a_key_that_it_does_not_know(way: str, tmp_path: Path) -> None:
    scan = GOOD[GOOD.index("  pattern:") : GOOD.index("protocols:")]
    with pytest.raises(CorpusError, match=rf"unknown key 'scan\.{way}\.stray'\."):
        read(tmp_path, GOOD.replace(scan, f"  {way}: {{stray: 1}}\n"))


def test_a_source_names_one_place_also_where_no_card_is_read() -> None:
    with pytest.raises(ValueError, match="give exactly one of url, doi, package, path, hub, git and audb"):
        Source(sha256="0" * 64)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        read(tmp_path, GOOD.replace("id: foo", "id: Foo").replace("access: public", "access: free"))
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none\.yaml: there is no such file"):
        read_card(tmp_path / "none.yaml")


def test_a_good_card_becomes_a_corpus(tmp_path: Path) -> None:
    corpus = read(tmp_path)
    assert (corpus.id, corpus.languages, corpus.fetchable) == ("foo", ("en",), False)
    assert corpus.target().codes == {"a": "anger", "n": "neutral", "x": None}
    assert corpus.target("emotion").affect == {label: TABLE_2[label] for label in ("anger", "neutral")}
    assert corpus.protocols[0].folds == ({"train": ("01", "02"), "dev": ("04",), "test": ("03",)},)
    assert corpus.examples[0].labels == {"emotion": "anger"}
    assert str(corpus.citation) == "A. Author (2020): Foo. Bar. doi:10.1/foo"


def test_a_card_speaks_of_people_of_its_own_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path).speakers == "own"
    assert read(tmp_path, GOOD + "speakers: shared\n").speakers == "shared"


def test_codes_default_to_the_classes_themselves(tmp_path: Path) -> None:
    corpus = read(tmp_path, GOOD.replace("    codes: {a: anger, n: neutral, x: null}\n", ""))
    assert corpus.target().codes == {"anger": "anger", "neutral": "neutral"}


def test_a_card_may_set_the_affect_of_a_label_with_a_reason(tmp_path: Path) -> None:
    override = "affect: {anger: {arousal: low, valence: negative, reason: cold}}\n    classes: ["
    affect = read(tmp_path, GOOD.replace("classes: [", override)).target().affect
    assert affect["anger"] == Affect("low", "negative", "cold")
    assert affect["neutral"] == TABLE_2["neutral"]


def test_classes_that_are_no_emotions_need_no_affect(tmp_path: Path) -> None:
    text = GOOD.replace("classes: [anger, neutral]", "classes: [cough, sneeze]\n    affect: false")
    text = text.replace("{a: anger, n: neutral, x: null}", "{a: cough, n: sneeze}").replace(
        "label: anger", "label: cough"
    )
    assert read(tmp_path, text).target().affect == {}


def test_a_card_from_when_a_split_was_called_a_part_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace("splits:", "parts:")).protocols == read(tmp_path).protocols
    both = GOOD.replace("    splits:", "    parts: {train: ['01']}\n    splits:")
    with pytest.raises(CorpusError, match=r"unknown key 'protocols\.own\.parts'\. Known keys here: .*, splits\."):
        read(tmp_path, both)


def test_a_protocol_by_split_needs_no_splits(tmp_path: Path) -> None:
    text = GOOD.replace("splits: {train: ['01', '02'], dev: ['04'], test: ['03']}", "by: split")
    assert read(tmp_path, text).protocols[0].folds == ({"train": ("train",), "dev": ("dev",), "test": ("test",)},)


def test_an_unknown_target_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"Unknown target of corpus 'foo' 'emotoin'\. Did you mean 'emotion'\?"):
        read(tmp_path).target("emotoin")


def test_an_open_target_takes_the_words_of_table_2(tmp_path: Path) -> None:
    target = read(
        tmp_path, GOOD.replace("classes: [anger, neutral]\n    codes: {a: anger, n: neutral, x: null}", "open: true")
    ).target()
    assert target.open
    assert target.classes == tuple(TABLE_2)
    assert target.codes["anger"] == "anger"
    assert target.affect == TABLE_2


MODULE_CARD = GOOD.replace(GOOD[GOOD.index("  pattern:") : GOOD.index("protocols:")], "  module: foo_scan\n")
SCAN = """
from __future__ import annotations
from dataclasses import dataclass
from emonet import Utterance
@dataclass
class NeedsItsModule:
    name: str
def scan(root, targets):
    for name in ("01_a", "02_n", "03_x"):
        label = targets[0].codes[name[-1]]
        yield Utterance(name, name + ".wav", {} if label is None else {targets[0].name: label}, name[:2])
"""


def test_a_module_beside_the_card_scans_with_the_targets(tmp_path: Path) -> None:
    (tmp_path / "foo_scan.py").write_text(SCAN)
    corpus = read(tmp_path, MODULE_CARD + "known_bad: {02_n.wav: broken}\n")
    assert [(found.id, found.labels) for found in corpus.scan(tmp_path)] == [("01_a", {"emotion": "anger"})]


def test_a_module_may_tell_what_a_name_says(tmp_path: Path) -> None:
    read_name = """
def read_name(path, targets):
    return Utterance(path, path, {}, path[:2]) if path.endswith(".wav") else None
"""
    (tmp_path / "foo_scan.py").write_text(SCAN)
    silent = read(tmp_path, MODULE_CARD).read_name
    (tmp_path / "more").mkdir()
    (tmp_path / "more/foo_scan.py").write_text(SCAN + read_name)
    telling = read(tmp_path / "more", MODULE_CARD).read_name
    assert silent is not None
    assert telling is not None
    assert silent("01_a.wav") is None
    assert telling("01_a.txt") is None
    told = telling("01_a.wav")
    assert told is not None
    assert told.speaker == "01"


def test_a_card_may_have_other_names_for_its_corpus(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD + "aliases: [f, phoo]\n").aliases == ("f", "phoo")
    assert read(tmp_path, GOOD).aliases == ()


def test_a_module_without_scan_is_refused(tmp_path: Path) -> None:
    (tmp_path / "foo_scan.py").write_text("")
    corpus = read(tmp_path, MODULE_CARD)
    with pytest.raises(CorpusError, match=r"there is no function scan\(root, targets\)"):
        list(corpus.scan(tmp_path))


def test_a_folder_of_cards_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(GOOD.replace("id: foo", "id: second"))
    (tmp_path / "a.yaml").write_text(GOOD)
    assert [corpus.id for corpus in corpora_in(tmp_path)] == ["foo", "second"]


def test_two_cards_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(CorpusError, match=r"b\.yaml: a second card with the id 'foo'"):
        corpora_in(tmp_path)


TABLE_CARD = GOOD.replace(
    GOOD[GOOD.index("  pattern:") : GOOD.index("protocols:")],
    "  table:\n    files: {train: a.csv, dev: b.csv}\n    path: {train: 'x/{Name}.wav'}\n    label: '{Code}'\n",
)


def test_every_table_needs_a_path_for_its_rows(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"foo\.yaml:14: 'scan\.table': there is no path for the rows of 'dev'"):
        read(tmp_path, TABLE_CARD)


def test_one_path_may_serve_all_tables(tmp_path: Path) -> None:
    corpus = read(tmp_path, TABLE_CARD.replace("{train: 'x/{Name}.wav'}", "'{split}/{Name}.wav'"))
    for name, row in (("a.csv", "01_a,a"), ("b.csv", "02_n,n")):
        (tmp_path / name).write_text(f"Name,Code\n{row}\n")
    found = list(corpus.scan(tmp_path))
    assert [(each.path, each.labels["emotion"]) for each in found] == [
        ("train/01_a.wav", "anger"),
        ("dev/02_n.wav", "neutral"),
    ]


def test_a_card_says_how_sure_it_is_and_where_its_facts_come_from(tmp_path: Path) -> None:
    corpus = read(tmp_path, GOOD + "confidence: high\nevidence: [owner's README, the paper]\n")
    assert (corpus.confidence, corpus.evidence) == ("high", ("owner's README", "the paper"))
    assert corpus.tested == ""
    assert read(tmp_path, GOOD + "tested: made-up\n").tested == "made-up"
    with pytest.raises(CorpusError, match="'tested' is 'audoi', expected 'audio', 'tables', 'lists', 'made-up'"):
        read(tmp_path, GOOD + "tested: audoi\n")
    with pytest.raises(CorpusError, match="'confidence' is 'hihg', expected 'high', 'medium', 'low'"):
        read(tmp_path, GOOD + "confidence: hihg\n")


def test_a_card_may_ask_for_a_manifest(tmp_path: Path) -> None:
    pattern = GOOD[GOOD.index("scan:") : GOOD.index("protocols:")]
    corpus = read(tmp_path, GOOD.replace(pattern, "scan: {manifest: {}}\n"))
    (tmp_path / "manifest.csv").write_text("file,label\nb.wav,a\n", encoding="utf-8")
    assert [(each.path, each.labels["emotion"]) for each in corpus.scan(tmp_path)] == [("b.wav", "anger")]


def test_a_protocol_may_leave_values_out_but_not_name_them_as_well(tmp_path: Path) -> None:
    out = GOOD.replace("    splits: {train:", "    left_out: ['05']\n    splits: {train:")
    assert read(tmp_path, out).protocols[0].left_out == ("05",)
    with pytest.raises(CorpusError, match=r"the speaker '01' is listed twice in one fold"):
        read(tmp_path, out.replace("['05']", "['01']"))


SCANS = {
    "pattern": "{pattern: {regex: '(?P<speaker>\\d\\d)_(?P<label>[a-z])\\.wav$', label: '{label}'}}",
    "table": "{table: {files: {'': a.csv}, path: '{file}', label: '{label}'}}",
    "manifest": "{manifest: {}}",
    "module": "{module: foo_scan}",
}
MODULE = """\
from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Utterance


def scan(root, targets):
    for path in sorted(root.glob("*.wav")):
        yield Utterance(path.stem, path.name, labels_from({"emotion": path.stem[-1]}, targets, path.name))
"""


@pytest.mark.parametrize("way", SCANS)
def test_codes_that_a_card_does_not_know_stop_a_scan_unless_they_are_counted(tmp_path: Path, way: str) -> None:
    path = tmp_path / "foo.yaml"
    scan = GOOD[GOOD.index("scan:") : GOOD.index("protocols:")]
    path.write_text(GOOD.replace(scan, f"scan: {SCANS[way]}\n"), encoding="utf-8")
    (tmp_path / "foo_scan.py").write_text(MODULE, encoding="utf-8")
    root = tmp_path / "copy"
    root.mkdir()
    lines = ["file,label"]
    for name in ("01_a", "02_n", "03_q", "04_q", "05_z"):
        (root / f"{name}.wav").touch()
        lines.append(f"{name}.wav,{name[-1]}")
    (root / ("manifest.csv" if way == "manifest" else "a.csv")).write_text("\n".join(lines) + "\n", encoding="utf-8")
    corpus, unmapped = read_card(path), Unmapped()
    found = [utterance.path for utterance in corpus.scan_counting(root, unmapped)]
    assert found == ["01_a.wav", "02_n.wav"]
    assert unmapped.counts == {("emotion", "q"): 2, ("emotion", "z"): 1}
    with pytest.raises(CorpusError, match="the card maps no code 'q' for target 'emotion'"):
        list(corpus.scan(root))


FAMILY = """\
id: all
title: All
languages: [mul]
access: public
licence: CC0
fetchable: true
citation: {authors: A. All, title: All, year: 2025}
sources: [{hub: owner/all, revision: 0123456789abcdef0123456789abcdef01234567, files: ["data/{member}-*.parquet"]}]
targets: {emotion: {open: true, codes: {"*": null}}}
scan: {hub: {files: ["data/{member}-*.parquet"], columns: {speaker: ignore}}}
examples: [{path: "data/{member}-0.parquet/audio/00000000.wav", label: anger}]
fixtures: {"data/{member}-0.parquet": "audio,emotion,speaker_id"}
notes: [A copy.]
members:
  foo: {title: Foo, languages: [de], spdx: CC0-1.0, notes: [One speaker.]}
  bar_2: {title: Bar, languages: [en, pl]}
"""


def test_a_card_of_several_corpora_gives_one_for_each_member(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(FAMILY)
    foo, bar = corpora_in(tmp_path)
    assert (foo.id, foo.title, foo.languages, foo.spdx) == ("all_foo", "All: Foo", ("de",), "CC0-1.0")
    assert (bar.id, bar.languages, bar.notes) == ("all_bar_2", ("en", "pl"), ("A copy.",))
    assert foo.notes == ("A copy.", "One speaker.")
    assert bar.sources[0].files == ("data/bar_2-*.parquet",)
    assert [example.path for example in bar.examples] == ["data/bar_2-0.parquet/audio/00000000.wav"]
    assert list(bar.fixtures) == ["data/bar_2-0.parquet"]
    assert foo.target().codes["anger"] == "anger"
    assert foo.target().codes["*"] is None


def test_a_member_reads_its_own_tables_of_a_data_set_of_several(tmp_path: Path) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards/all.yaml").write_text(FAMILY)
    foo, _ = corpora_in(tmp_path / "cards")
    for name, count in (("foo", 4), ("bar_2", 6)):
        listed = rows(count, name)
        save_parquet(tmp_path / f"all/data/{name}-0.parquet", dataset_of(listed))
    found = list(foo.scan(tmp_path / "all"))
    assert [each.path.partition("/audio")[0] for each in found] == ["data/foo-0.parquet"] * 4
    assert {each.speaker for each in found} == {None}
    assert len(list(foo.scan(tmp_path))) == 4
    (tmp_path / "all/data/foo-0.parquet").unlink()
    with pytest.raises(CorpusError, match=r"there is no dataset here; no file is called data/foo-\*\.parquet"):
        list(foo.scan(tmp_path / "all"))


def test_a_card_of_several_corpora_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(FAMILY)
    with pytest.raises(CorpusError, match=r"this card describes 2 corpora\. Read them with corpora_in"):
        read_card(tmp_path / "all.yaml")
