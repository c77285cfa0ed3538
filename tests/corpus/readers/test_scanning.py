"""Reading corpus folders: the walk, patterns, tables, and codes to labels."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from emonet.corpus.codes import labels_from
from emonet.corpus.corpus import Target, Utterance
from emonet.corpus.readers.folders import files_below, is_listed
from emonet.corpus.readers.pattern import PatternRule, scan_pattern
from emonet.corpus.readers.table import TableRule, read_row_path, read_rows, scan_tables
from emonet.errors import CorpusError

EMOTION = Target("emotion", ("anger", "neutral"), {"A": "anger", "N": "neutral", "X": None})
VALENCE = Target("valence", range=(1.0, 5.0))
REGEX = r"(?P<speaker>\w+)/(?P<label>[ANX])(?P<text>\d)\.wav$"
HEADER = "Name,Who,Emotion\n"


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def by_pattern(root: Path, rule: PatternRule, known_bad: dict[str, str] | None = None) -> list[Utterance]:
    return list(scan_pattern(rule, (EMOTION,), "foo", "s1/A1.wav", known_bad or {}, root))


def by_table(root: Path, text: str, **options: object) -> list[Utterance]:
    root.mkdir(exist_ok=True)
    (root / "train.csv").write_text(text, encoding="utf-8")
    facts = {"files": {"train": "train.csv"}, "path": {"train": "wav/{Name}.wav"}, "label": {"emotion": "{Emotion}"}}
    return list(scan_tables(TableRule(**(facts | options)), (EMOTION,), "foo", {"wav/bad.wav": "broken"}, root))


class TestWalk:
    """Listing the files of a folder."""

    def test_files_come_sorted_with_posix_paths(self, tmp_path: Path) -> None:
        touch(tmp_path, "b/2.wav", "b/1.wav", "a.txt")
        assert list(files_below(tmp_path)) == ["a.txt", "b/1.wav", "b/2.wav"]

    def test_hidden_files_and_folders_are_left_out(self, tmp_path: Path) -> None:
        touch(tmp_path, "._a.wav", ".git/b.wav", "c.wav")
        assert list(files_below(tmp_path)) == ["c.wav"]

    def test_a_loop_of_links_ends(self, tmp_path: Path) -> None:
        touch(tmp_path, "a/b.wav")
        (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "link.wav").symlink_to(tmp_path / "a" / "b.wav")
        assert list(files_below(tmp_path)) == ["a/b.wav", "link.wav"]

    def test_linked_folders_are_followed_once(self, tmp_path: Path) -> None:
        root, away = tmp_path / "root", tmp_path / "away"
        touch(away, "x/1.wav", "x/y/2.wav")
        touch(root, "a/0.wav", ".hidden/h.wav")
        for name, place in (
            ("b", away / "x"),
            ("c", away),
            ("d", root / "a"),
            ("e", root / ".hidden"),
            ("f", tmp_path),
        ):
            (root / name).symlink_to(place, target_is_directory=True)
        (away / "x" / "round").symlink_to(away, target_is_directory=True)
        found = list(files_below(root))
        assert found == ["a/0.wav", "b/1.wav", "b/y/2.wav", "e/h.wav"]

    def test_a_root_that_is_a_link_is_listed(self, tmp_path: Path) -> None:
        touch(tmp_path, "real/1.wav")
        (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
        assert list(files_below(tmp_path / "link")) == ["1.wav"]

    def test_a_root_that_is_no_folder_is_refused(self, tmp_path: Path) -> None:
        touch(tmp_path, "file")
        for name, what in (("none", "there is no such folder"), ("file", "this is a file, not a folder")):
            with pytest.raises(CorpusError, match=rf"{name}: {what}\. Give the folder .* --root"):
                list(files_below(tmp_path / name))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may list any folder")
    def test_a_folder_that_may_not_be_listed_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "shut").mkdir(mode=0o000)
        with pytest.raises(CorpusError, match=r"shut: cannot be listed \(Permission denied\)\. Check its permissions"):
            list(files_below(tmp_path))

    @pytest.mark.parametrize(("path", "answer"), [("a/b.wav", True), ("x/a/b.wav", True), ("ca/b.wav", False)])
    def test_a_listed_file_is_known_below_further_folders(self, path: str, *, answer: bool) -> None:
        assert is_listed(path, {"a/b.wav": "broken"}) is answer


class TestLabels:
    """From codes to labels."""

    def test_codes_become_classes_and_numbers(self) -> None:
        assert labels_from({"emotion": "A", "valence": "2.5"}, (EMOTION, VALENCE), "here") == {
            "emotion": "anger",
            "valence": 2.5,
        }

    def test_codes_that_are_left_out_empty_or_absent_give_no_label(self) -> None:
        assert labels_from({"emotion": "X", "valence": ""}, (EMOTION, VALENCE), "here") == {}
        assert labels_from({}, (EMOTION, VALENCE), "here") == {}

    def test_an_unknown_code_is_named(self) -> None:
        target = Target("emotion", ("anger",), {"ang": "anger", "neu": None})
        message = r"a\.csv:3: the card maps no code 'agn' for target 'emotion'\. Did you mean 'ang'\? Known codes: ang,"
        with pytest.raises(CorpusError, match=message):
            labels_from({"emotion": "agn"}, (target,), "a.csv:3")

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("high", "here: 'high' is not a number, but 'valence' is dimensional"),
            ("5.5", "here: valence is 5.5, outside its range 1.0 to 5.0"),
            ("inf", "here: valence is inf, outside its range"),
        ],
    )
    def test_a_number_must_be_one_and_lie_in_the_range(self, code: str, message: str) -> None:
        with pytest.raises(CorpusError, match=message):
            labels_from({"valence": code}, (VALENCE,), "here")


class TestPattern:
    """Paths that say everything."""

    def test_groups_become_facts_and_other_files_are_passed_over(self, tmp_path: Path) -> None:
        touch(tmp_path, "s1/A1.wav", "s2/N2.wav", "s2/X3.wav", "readme.txt")
        first, second = by_pattern(tmp_path, PatternRule(REGEX, {"emotion": "{label}"}))
        assert first == Utterance("s1/A1", "s1/A1.wav", {"emotion": "anger"}, speaker="s1", text="1")
        assert (second.id, second.speaker) == ("s2/N2", "s2")

    def test_suffixes_may_be_in_capital_letters(self, tmp_path: Path) -> None:
        touch(tmp_path, "s1/A1.WAV", "s1/N2.Wav")
        found = by_pattern(tmp_path, PatternRule(REGEX, {"emotion": "{label}"}))
        assert [(each.id, each.path) for each in found] == [("s1/A1", "s1/A1.WAV"), ("s1/N2", "s1/N2.Wav")]
        shouted = PatternRule(REGEX.replace("wav", "WAV"), {"emotion": "{label}"})
        touch(tmp_path, "s1/A3.wav")
        assert [each.id for each in by_pattern(tmp_path, shouted)] == ["s1/A1", "s1/A3", "s1/N2"]

    def test_templates_renames_and_lower_case_are_applied(self, tmp_path: Path) -> None:
        touch(tmp_path, "S1/A1.wav")
        rule = PatternRule(
            REGEX,
            {"emotion": "{label}"},
            session="{speaker}-{text}",
            rename={"speaker": {"s1": "one"}, "session": {"S1-1": "first"}},
            lower=("speaker",),
        )
        (found,) = by_pattern(tmp_path, rule)
        assert (found.speaker, found.session) == ("one", "first")

    def test_known_bad_files_are_left_out(self, tmp_path: Path) -> None:
        touch(tmp_path, "in/s1/A1.wav", "in/s1/A2.wav")
        found = by_pattern(tmp_path, PatternRule(REGEX, {"emotion": "{label}"}), {"s1/A1.wav": "broken"})
        assert [utterance.id for utterance in found] == ["in/s1/A2"]

    def test_what_is_said_of_a_known_bad_file_is_not_read(self, tmp_path: Path) -> None:
        touch(tmp_path, "s1/B1.wav", "s1/A2.wav")
        rule = PatternRule(REGEX.replace("ANX", "ABNX"), {"emotion": "{label}"})
        assert [found.id for found in by_pattern(tmp_path, rule, {"s1/B1.wav": "no such class"})] == ["s1/A2"]

    def test_a_recording_in_two_forms_side_by_side_is_one(self, tmp_path: Path) -> None:
        touch(tmp_path, "s1/A1.sph", "s1/A1.wav", "s1/A2.wav", "s2/A1.wav")
        found = by_pattern(tmp_path, PatternRule(REGEX.replace("wav", "(?:sph|wav)"), {"emotion": "{label}"}))
        assert [each.path for each in found] == ["s1/A1.sph", "s1/A2.wav", "s2/A1.wav"]

    def test_decomposed_accents_match_and_give_composed_ids(self, tmp_path: Path) -> None:
        decomposed = unicodedata.normalize("NFD", "é/A1.wav")
        touch(tmp_path, decomposed)
        (found,) = by_pattern(tmp_path, PatternRule(REGEX.replace(r"\w+", "é"), {"emotion": "{label}"}))
        assert (found.id, found.path) == ("é/A1", decomposed)

    def test_decomposed_accents_match_known_bad_files(self, tmp_path: Path) -> None:
        touch(tmp_path, unicodedata.normalize("NFD", "é/A1.wav"))
        rule = PatternRule(REGEX.replace(r"\w+", "é"), {"emotion": "{label}"})
        assert not by_pattern(tmp_path, rule, {"é/A1.wav": "broken"})

    def test_a_folder_without_matches_names_a_file_to_look_for(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.wav", "b.wav")
        message = r"does not look like the corpus 'foo': 2 files, none like 's1/A1.wav'\. Give the folder .* --root"
        with pytest.raises(CorpusError, match=message):
            by_pattern(tmp_path, PatternRule(REGEX, {"emotion": "{label}"}))

    def test_a_code_the_card_does_not_know_names_the_file(self, tmp_path: Path) -> None:
        touch(tmp_path, "s1/B1.wav")
        rule = PatternRule(REGEX.replace("ANX", "ABNX"), {"emotion": "{label}"})
        with pytest.raises(CorpusError, match=r"s1/B1\.wav: the card maps no code 'B'"):
            by_pattern(tmp_path, rule)


class TestTable:
    """CSV files with one row an utterance."""

    def test_rows_become_utterances_wherever_table_and_audio_lie(self, tmp_path: Path) -> None:
        touch(tmp_path, "deep/wav/a.wav")
        facts = {"speaker": "{Who}", "session": "{split}_1", "id": "{split}/{Name}"}
        (found,) = by_table(tmp_path, f"{HEADER}a,s1,A\nb,s1,X\n", **facts)
        assert found == Utterance(
            "train/a", "deep/wav/a.wav", {"emotion": "anger"}, speaker="s1", session="train_1", split="train"
        )

    def test_a_row_without_audio_keeps_its_path_and_a_known_bad_one_goes(self, tmp_path: Path) -> None:
        (found,) = by_table(tmp_path, f"{HEADER}a,s1,A\nbad,s1,A\n")
        assert (found.id, found.path, found.speaker) == ("wav/a", "wav/a.wav", None)

    def test_a_row_of_a_known_bad_file_may_hold_anything(self, tmp_path: Path) -> None:
        assert [found.id for found in by_table(tmp_path, f"{HEADER}bad,s1,nonsense\na,s1,A\n")] == ["wav/a"]

    def test_paths_tell_the_columns_that_they_are_made_of(self) -> None:
        paths = {"train": "{split}/d{Talk}_u{Turn}.wav", "test": "last/d{Talk}_u{Turn}_{Talk}.wav"}
        rule = TableRule(
            dict.fromkeys(paths, "t.csv"),
            paths,
            {},
            id="{split}-{Talk}-{Turn}",
            speaker="{Who}",
            session="{split} {Talk}",
        )
        told = Utterance("test-3-4", "x/last/d3_u4_3.wav", {}, session="test 3", split="test")
        assert read_row_path(rule, "x/last/d3_u4_3.wav") == told
        assert read_row_path(rule, "x/last/d3_u4_5.wav") is None
        assert read_row_path(rule, "train/d3_u4.mp3") is None

    def test_one_form_of_path_for_all_parts_does_not_tell_them(self) -> None:
        rule = TableRule(
            {"train": "a.csv", "test": "b.csv"}, {"": "wav/{Name}.wav"}, {}, session="{split}", text="{Name}"
        )
        assert read_row_path(rule, "in/wav/a.wav") == Utterance("in/wav/a", "in/wav/a.wav", {}, text="a")

    def test_a_suffix_in_capital_letters_is_found(self, tmp_path: Path) -> None:
        touch(tmp_path, "wav/a.WAV", "wav/b.wav")
        found = by_table(tmp_path, f"{HEADER}a,s1,A\nb,s1,A\n")
        assert [each.path for each in found] == ["wav/a.WAV", "wav/b.wav"]

    def test_the_shallowest_of_two_copies_is_taken(self, tmp_path: Path) -> None:
        touch(tmp_path, "wav/a.wav", "copy/wav/a.wav", "z/deep/wav/b.wav", "y/wav/b.wav", "x/wav/b.wav")
        assert [found.path for found in by_table(tmp_path, f"{HEADER}a,s1,A\nb,s1,A\n")] == ["wav/a.wav", "x/wav/b.wav"]

    def test_a_table_may_have_another_delimiter_and_encoding(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_bytes("Name;Wér\na;b\n".encode("latin-1"))
        assert list(read_rows(tmp_path / "t.csv", ";", "latin-1")) == [(2, {"Name": "a", "Wér": "b"})]

    def test_quoted_cells_may_hold_delimiters_and_line_breaks(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text('\ufeffa,b\n"1,\n""2""",3\n4,5\n', encoding="utf-8")
        rows = list(read_rows(tmp_path / "t.csv", ",", "utf-8-sig"))
        assert rows == [(3, {"a": '1,\n"2"', "b": "3"}), (4, {"a": "4", "b": "5"})]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                f"{HEADER}\na,s1\n",
                r"train\.csv:3: this row does not have 3 cells as the header has\. Mend or",
            ),
            (f"{HEADER}a,s1,A\nb,s1,A,A\n", r"train\.csv:3: this row does not have 3 cells"),
            (f'{HEADER}"a"b,s1,A\n', r"train\.csv:2: not CSV: "),
            (HEADER, r"train\.csv: there is no row below the header\. Get the file again"),
            ("", r"train\.csv: there is no row below the header"),
            (f"{HEADER}a,s1,B\n", r"train\.csv:2: the card maps no code 'B' for target 'emotion'"),
            (
                "Name,Who,Emotoin\na,s1,A\n",
                r"csv:2: there is no column 'Emotion'\. Did you mean 'Emotoin'\? Columns: Name, Who",
            ),
        ],
    )
    def test_a_wrong_table_is_named_with_its_line(self, text: str, message: str, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=message):
            by_table(tmp_path, text)

    def test_a_table_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(
            CorpusError, match=r"not look like the corpus 'foo': there is no 'dev\.csv' in it\. .*--root"
        ):
            by_table(tmp_path, f"{HEADER}a,s1,A\n", files={"dev": "dev.csv"}, path={"": "wav/{Name}.wav"})

    def test_a_wrong_encoding_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_bytes(b"a,b\n\xe9,1\n")
        with pytest.raises(
            CorpusError, match=r"t\.csv:2: not utf-8-sig text\. Save the whole file in one encoding, UTF-8"
        ):
            list(read_rows(tmp_path / "t.csv", ",", "utf-8-sig"))


class TestOneTableForAll:
    """A single CSV file, whose rows name their split, language and times."""

    HEADER = "Name,Who,Emotion,Split,From,To,Tongue\n"

    def scanned(self, root: Path, rows: str, **options: object) -> list[Utterance]:
        facts: dict[str, object] = {
            "files": {"": "train.csv"},
            "path": {"": "wav/{Name}.wav"},
            "speaker": "{Who}",
            "split": "{Split}",
            "language": "{Tongue}",
            "start": "{From}",
            "end": "{To}",
            "rename": {"split": {"validation": "dev"}},
            "lower": ("language",),
            "id": "{Name}@{From}",
        }
        return by_table(root, self.HEADER + rows, **(facts | options))

    def test_templates_give_split_language_and_times(self, tmp_path: Path) -> None:
        found = self.scanned(tmp_path, "a,s1,A,validation,0.5,1.25,DE\na,s1,N,,,,\n")
        assert found == [
            Utterance("a@0.5", "wav/a.wav", {"emotion": "anger"}, "s1", None, None, "dev", "de", 0.5, 1.25),
            Utterance("a@", "wav/a.wav", {"emotion": "neutral"}, "s1"),
        ]

    def test_a_duration_leads_from_the_start_to_the_end(self, tmp_path: Path) -> None:
        found = self.scanned(tmp_path, "a,s1,A,train,0.4,0.4,\na,s1,N,train,0.8,,\n", end="", duration="{To}")
        assert [(each.start, each.end) for each in found] == [(0.4, 0.8), (0.8, None)]

    def test_words_that_mean_missing_are_missing(self, tmp_path: Path) -> None:
        found = self.scanned(tmp_path, "a,nan,A,,NaT,NaT,n/a\nb,s2,None,,,,\n")
        assert found == [Utterance("a@NaT", "wav/a.wav", {"emotion": "anger"})]

    def test_a_column_called_split_is_not_the_tables_own(self, tmp_path: Path) -> None:
        text = "Name,Emotion,split\na,A,test\n"
        files = {"files": {"": "train.csv"}, "path": {"": "wav/{Name}.wav"}, "split": "{split}"}
        assert by_table(tmp_path, text, **files)[0].split == "test"

    @pytest.mark.parametrize(
        ("times", "message"),
        [
            ("soon,", r"start is 'soon'\. Give a time in s"),
            ("-1,", "start is '-1'"),
            ("0,inf", "end is 'inf'"),
            ("2,1.5", r"the end 1\.5 s is not after the start 2\.0 s"),
        ],
    )
    def test_times_that_cannot_be_name_file_and_line(self, times: str, message: str, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=rf"train\.csv:2: {message}"):
            self.scanned(tmp_path, f"a,s1,A,train,{times},de\n")

    def test_quotation_marks_may_be_text(self, tmp_path: Path) -> None:
        found = self.scanned(tmp_path, 'a,"s1,A,train,,,de\n', quotes=False)
        assert found[0].speaker == '"s1'


def test_a_star_stands_for_all_other_codes() -> None:
    sex = Target("sex", ("female", "male"), {"f": "female", "m": "male", "*": None})
    assert labels_from({"sex": "f"}, (sex,), "here") == {"sex": "female"}
    assert labels_from({"sex": "a new word"}, (sex,), "here") == {}
