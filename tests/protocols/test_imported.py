"""Imported protocols: exported and read again, folds of others, and dev where they have none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from emonet.corpus.corpus import Utterance
from emonet.errors import CorpusError
from emonet.protocols.fold import Protocol
from emonet.protocols.list_formats import MAGIC, write_protocol
from emonet.protocols.protocol import make_protocol
from tests.helpers.made import make_corpus, make_utterances
from tests.helpers.split_lists import emobox

SAID = make_utterances()
STEMS = [utterance.id for utterance in SAID]


def of(*speakers: int) -> list[str]:
    return [stem for stem in STEMS if int(stem[1]) in speakers]


def protocol(name: str, said: tuple[Utterance, ...] = SAID, *, base: Path = Path(), **options: Any) -> Protocol:
    return make_protocol(name, options, make_corpus(said), said, base=base)


def test_an_exported_protocol_comes_back_under_its_hash(tmp_path: Path) -> None:
    made = protocol("leave-one-speaker-out")
    write_protocol(made, tmp_path / "folds.csv")
    again = protocol("imported", base=tmp_path, file="folds.csv")
    assert (again.hash, again.folds) == (made.hash, made.folds)
    assert again.id == "foo/imported leave-one-speaker-out"
    write_protocol(again, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "folds.csv").read_text()


def test_a_file_from_when_a_split_was_called_a_part_is_read() -> None:
    here = Path(__file__).parent
    assert "\nfold,id,part\n" in (here / "former_folds.csv").read_text()
    made = protocol("leave-one-speaker-out")
    again = protocol("imported", base=here, file="former_folds.csv")
    assert (again.hash, again.folds) == (made.hash, made.folds)


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    said = tuple(Utterance(f"s{n}", f"s{n}.wav", {"emotion": "fear"}, speaker="s", text=f"t{n}") for n in range(3))
    write_protocol(protocol("text-independent", said, k=3), tmp_path / "folds.csv")
    lines = (tmp_path / "folds.csv").read_text().splitlines()
    assert lines[0] == MAGIC
    assert lines[1:3] == ["# corpus: foo", "# protocol: text-independent k=3"]
    assert lines[3].startswith("# hash: ")
    assert lines[4].startswith("# overlap: folds go by text")
    assert lines[5] == "fold,id,split"
    assert len(lines) == 6 + 9
    assert protocol("imported", said, base=tmp_path, file="folds.csv").overlap.startswith("folds go by text")


def test_other_labels_or_splits_than_exported_are_refused(tmp_path: Path) -> None:
    write_protocol(protocol("leave-one-speaker-out"), tmp_path / "folds.csv")
    text = (tmp_path / "folds.csv").read_text()
    (tmp_path / "folds.csv").write_text(text.replace("s0,s1_anger_0,dev", "s0,s1_anger_0,test"))
    with pytest.raises(CorpusError, match=r"speaker 's1' is in dev and test"):
        protocol("imported", base=tmp_path, file="folds.csv")
    with pytest.raises(
        CorpusError, match=r"have the hash \w{8} here; their file says \w{8}\. Labels, speakers, segments or splits"
    ):
        protocol("imported", base=tmp_path, file="folds.csv", overlap="I moved one")


def test_a_file_of_the_first_format_is_refused_and_can_be_taken_without_its_hash(tmp_path: Path) -> None:
    write_protocol(protocol("leave-one-speaker-out"), tmp_path / "folds.csv")
    text = (tmp_path / "folds.csv").read_text()
    (tmp_path / "folds.csv").write_text(text.replace(MAGIC, "# emonet protocol 1"))
    with pytest.raises(CorpusError, match=r"its first line is '# emonet protocol 1', and this EmoNet reads .* 2'"):
        protocol("imported", base=tmp_path, file="folds.csv")
    lines = [line for line in text.splitlines() if not line.startswith(("# emonet", "# hash"))]
    (tmp_path / "folds.csv").write_text("\n".join(lines))
    assert protocol("imported", base=tmp_path, file="folds.csv").hash == protocol("leave-one-speaker-out").hash


def test_folds_of_another_corpus_are_refused(tmp_path: Path) -> None:
    write_protocol(protocol("leave-one-speaker-out"), tmp_path / "folds.csv")
    (tmp_path / "folds.csv").write_text((tmp_path / "folds.csv").read_text().replace("corpus: foo", "corpus: bar"))
    with pytest.raises(CorpusError, match=r"these are folds of the corpus 'bar', not of 'foo'"):
        protocol("imported", base=tmp_path, file="folds.csv")


def test_what_a_smaller_copy_lacks_is_left_out_only_when_asked(tmp_path: Path) -> None:
    write_protocol(protocol("leave-one-speaker-out"), tmp_path / "folds.csv")
    with pytest.raises(CorpusError, match=r"4 of 96 names fit no utterance of 'foo'"):
        protocol("imported", SAID[1:], base=tmp_path, file="folds.csv")
    made = protocol("imported", SAID[1:], base=tmp_path, file="folds.csv", partial=True)
    assert made.notes == ("4 of 96 lines of the imported folds fit no utterance here and are left out",)
    assert made.hash != protocol("leave-one-speaker-out").hash


def test_dev_is_cut_by_speaker_from_folds_without_one(tmp_path: Path) -> None:
    folder = emobox(tmp_path, "foo", {"train": of(0, 1, 2), "test": of(3)})
    with pytest.raises(CorpusError, match=r"foo: fold '1' has no dev split.* dev: 0\.2 keeps its speakers out"):
        protocol("imported", base=tmp_path, file="foo")
    (fold,) = protocol("imported", file=str(folder), dev=0.3).folds
    splits = Counter((id_[:2], split) for id_, split in fold.splits.items())
    assert set(splits.values()) == {6}
    assert Counter(split for _, split in splits) == {"train": 2, "dev": 1, "test": 1}


def test_dev_may_be_cut_by_utterance_which_is_declared(tmp_path: Path) -> None:
    folder = str(emobox(tmp_path, "foo", {"train": of(0, 1, 2), "test": of(3)}))
    made = protocol("imported", file=folder, dev=0.5, dev_by="utterance")
    assert Counter(made.folds[0].splits.values()) == {"train": 9, "dev": 9, "test": 6}
    assert made.overlap == "dev is a random 50% of the train utterances"
    with pytest.raises(CorpusError, match=r"dev_by is 'text'\. Give speaker or utterance"):
        protocol("imported", file=folder, dev=0.5, dev_by="text")
    lonely = str(emobox(tmp_path, "bar", {"train": of(0), "test": of(1, 2, 3)}))
    with pytest.raises(CorpusError, match=r"train has fewer than two speakers, so that no dev can be cut from it"):
        protocol("imported", file=lonely, dev=0.5)


def test_folds_that_mix_speakers_must_say_so(tmp_path: Path) -> None:
    splits = {"train": STEMS[0::4], "dev": STEMS[1::4], "test": [*STEMS[2::4], *STEMS[3::4]]}
    folder = str(emobox(tmp_path, "foo", splits))
    with pytest.raises(CorpusError, match=r"Scores would be speaker-dependent.*`imported: \{overlap: REASON\}`"):
        protocol("imported", file=folder)
    assert protocol("imported", file=folder, overlap="as published").overlap == "as published"


def test_an_utterance_in_two_splits_is_refused(tmp_path: Path) -> None:
    folder = emobox(tmp_path, "foo", {"train": of(0, 1, 2), "dev": of(2), "test": of(3)})
    with pytest.raises(CorpusError, match=r"is in dev and in train of fold '1'\. Remove one of the lines"):
        protocol("imported", file=str(folder))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"Protocol 'imported' needs a file: \{imported: \{file: folds\.csv\}\}"),
        ({"file": 3}, r"the option 'file' is 3\. Give a path, or a list of paths"),
        ({"file": "a.csv", "partial": "yes"}, r"the option 'partial' is 'yes'\. Give true or false"),
        ({"flie": "a.csv"}, r"Protocol 'imported' has no option 'flie'\. Did you mean 'file'\?"),
    ],
)
def test_wrong_options_are_explained(options: dict[str, Any], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        protocol("imported", **options)


def test_several_files_are_one_protocol(tmp_path: Path) -> None:
    folder = emobox(tmp_path, "foo", {"train": of(0, 1), "dev": of(2), "test": of(3)})
    files = [str(path) for path in sorted((folder / "fold_1").iterdir())]
    assert len(files) == 3
    assert protocol("imported", file=files).hash == protocol("imported", file=str(folder)).hash
