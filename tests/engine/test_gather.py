from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emonet import Corpus, Target, Utterance
from emonet.audio.prepare import prepare
from emonet.audio.roots import find_root
from emonet.corpus.corpus import Expected
from emonet.corpus.readers.manifest import manifest_corpus
from emonet.engine.gather import gather
from emonet.errors import CorpusError, RecipeError
from emonet.events import Event, Notice
from emonet.plugin.registry import Registry, load_registry
from emonet.recipe.recipe import Recipe
from tests.helpers.made import make_corpus


def copy_of(manifest: Path, folder: Path) -> Path:
    return shutil.copytree(manifest.parent, folder) / manifest.name


def recipe(*corpora: Any) -> Recipe:
    return Recipe.model_validate(
        {"corpora": list(corpora), "protocol": "leave-one-speaker-out", "systems": {"s": {"strategy": "svm"}}}
    )


def registry_with(*corpora: Corpus) -> Registry:
    registry = load_registry()
    registry.__dict__["corpora"] = {corpus.id: corpus for corpus in corpora}
    return registry


def corpus_of_tones(manifest: Path, id_: str) -> Corpus:
    """Return a registered corpus that lists a manifest's files; scanning needs one of them."""
    listed = list(manifest_corpus(manifest).scan(manifest.parent))

    def scan(root: Path) -> Iterable[Utterance]:
        if not (root / listed[0].path).is_file():
            raise CorpusError(f"{root}: not the corpus")
        return [replace(each, labels={"emotion": each.labels["label"]}) for each in listed]

    return replace(make_corpus(id_=id_), scan=scan)


def labels_of(utterances: Iterable[Utterance]) -> Mapping[str, Any]:
    return {utterance.id: utterance.labels["label"] for utterance in utterances}


def test_a_plan_after_a_change_of_the_manifest_shows_the_new_labels(tones: Path) -> None:
    wanted = recipe({"manifest": str(tones)})
    before = gather(wanted, tones.parent, load_registry()).prepared().corpora[0]
    tones.write_text(tones.read_text().replace("s0/anger_0.wav,anger", "s0/anger_0.wav,sadness"))
    after = gather(wanted, tones.parent, load_registry()).corpora[0]
    assert labels_of(before.facts.utterances)["s0/anger_0"] == "anger"
    assert labels_of(after.facts.utterances)["s0/anger_0"] == "sadness"
    assert (after.store, after.facts.content) == (None, "")


def test_a_plan_of_a_prepared_corpus_knows_its_store(tones: Path) -> None:
    wanted = recipe({"manifest": str(tones)})
    before = gather(wanted, tones.parent, load_registry()).prepared().corpora[0]
    after = gather(wanted, tones.parent, load_registry()).corpora[0]
    assert after.store == before.store is not None
    assert after.facts == replace(before.facts, corpus=after.facts.corpus)


def test_a_manifest_with_a_corpus_id_does_not_take_that_corpus_place(tones: Path, tmp_path: Path) -> None:
    real = corpus_of_tones(copy_of(tones, tmp_path / "release"), "tones")
    prepare(real, tmp_path / "release")
    other = copy_of(tones, tmp_path / "mine")
    other.rename(other.with_name("tones.csv"))
    gathered = gather(recipe({"manifest": "mine/tones.csv"}), tmp_path, load_registry()).prepared().corpora[0]
    assert gathered.facts.corpus.id == real.id
    assert find_root(real) == tmp_path / "release"


def test_two_corpora_with_one_id_cannot_be_in_one_recipe(tones: Path, tmp_path: Path) -> None:
    real = corpus_of_tones(copy_of(tones, tmp_path / "release"), "labels")
    copy_of(tones, tmp_path / "mine")
    wanted = recipe({"id": "labels", "root": "release"}, {"manifest": "mine/labels.csv"})
    with pytest.raises(RecipeError, match=r"two different corpora with the id 'labels'. Rename the manifest"):
        gather(wanted, tmp_path, registry_with(real))


def test_a_root_may_begin_with_the_home_folder(tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    real = corpus_of_tones(copy_of(tones, tmp_path / "release"), "real")
    copy_of(tones, tmp_path / "mine")
    wanted = recipe({"id": "real", "root": "~/release"}, {"manifest": "~/mine/labels.csv"})
    gathered = gather(wanted, tmp_path / "elsewhere", registry_with(real)).corpora
    assert [len(each.facts.utterances) for each in gathered] == [24, 24]


def test_without_the_files_the_last_store_is_taken(tones: Path, tmp_path: Path) -> None:
    manifest = copy_of(tones, tmp_path / "release")
    real = corpus_of_tones(manifest, "real")
    prepare(real, manifest.parent)
    manifest.parent.rename(tmp_path / "gone")
    found = gather(recipe("real"), tmp_path, registry_with(real))
    for gathered in (found.corpora[0], found.prepared().corpora[0]):
        assert len(gathered.facts.utterances) == 24
        assert gathered.facts.content


def rated_tones(manifest: Path) -> Corpus:
    """Return a registered corpus of tones whose dimensions not every utterance has."""
    listed = list(manifest_corpus(manifest).scan(manifest.parent))

    def scan(root: Path) -> Iterable[Utterance]:
        for number, each in enumerate(listed):
            lacks = {0: {}, 1: {"arousal": 0.5}}.get(number, {"arousal": number / 24, "valence": 1 - number / 24})
            yield replace(each, labels={"emotion": each.labels["label"], **lacks})

    targets = tuple(Target(name, range=(0.0, 1.0)) for name in ("arousal", "valence"))
    corpus = make_corpus(id_="rated")
    return replace(corpus, scan=scan, targets=(*corpus.targets, *targets))


def test_utterances_that_lack_a_dimension_are_left_out_and_counted(tones: Path) -> None:
    root = {"root": str(tones.parent)}
    wanted = recipe({"id": "rated", "target": "arousal+valence", **root}, {"id": "rated", "target": "emotion", **root})
    registry = registry_with(rated_tones(tones))
    numbers, classes = gather(wanted, tones.parent, registry).corpora
    assert (len(numbers.facts.utterances), numbers.facts.left_out) == (22, 1)
    assert (len(classes.facts.utterances), classes.facts.left_out) == (24, 0)
    text = "rated/arousal+valence: left out for want of a label for each of arousal and valence: 1 utterance."
    assert [numbers.facts.note, classes.facts.note] == [text, ""]


def test_one_dimension_in_two_heads_is_refused(tones: Path) -> None:
    corpora = [
        {"id": "rated", "target": target, "root": str(tones.parent)} for target in ("arousal+valence", "valence")
    ]
    with pytest.raises(RecipeError, match="names 'rated/valence' twice"):
        gather(recipe(*corpora), tones.parent, registry_with(rated_tones(tones)))


def test_a_corpus_whose_utterances_all_lack_a_dimension_is_refused(tones: Path) -> None:
    corpus = rated_tones(tones)
    only = replace(corpus, targets=(*corpus.targets, Target("dominance", range=(0.0, 1.0))))
    wanted = recipe({"id": "rated", "target": ["arousal", "dominance"], "root": str(tones.parent)})
    with pytest.raises(CorpusError, match="no utterance has a number for each of arousal, dominance"):
        gather(wanted, tones.parent, registry_with(only))


def test_a_folder_is_scanned_once_for_all_entries_and_for_its_preparation(tones: Path, tmp_path: Path) -> None:
    real, scans = rated_tones(tones), []

    def counted(root: Path) -> Iterable[Utterance]:
        scans.append(root)
        return real.scan(root)

    entries = [{"id": "rated", "target": name, "root": str(tones.parent)} for name in ("emotion", "arousal")]
    gathered = gather(recipe(*entries), tmp_path, registry_with(replace(real, scan=counted))).prepared()
    assert all(each.store is not None for each in gathered.corpora)
    assert len(scans) == 1


def test_the_root_of_one_entry_serves_later_ones_of_the_same_corpus(tones: Path, tmp_path: Path) -> None:
    entries = [{"id": "rated", "target": "emotion", "root": str(tones.parent)}, {"id": "rated", "target": "arousal"}]
    one, other = gather(recipe(*entries), tmp_path, registry_with(rated_tones(tones))).corpora
    assert one.place == other.place


def test_what_is_prepared_now_has_its_stores_content_and_files_that_cannot_be_read_left_out(tones: Path) -> None:
    (tones.parent / "s0" / "anger_0.wav").write_bytes(b"")
    scanned = gather(recipe({"manifest": str(tones)}), tones.parent, load_registry())
    prepared = scanned.prepared()
    assert [(each.is_prepared, len(each.corpora[0].facts.utterances)) for each in (scanned, prepared)] == [
        (False, 24),
        (True, 23),
    ]
    assert prepared.corpora[0].facts.content
    assert prepared.corpora[0].facts.protocol.hash != scanned.corpora[0].facts.protocol.hash
    assert prepared.prepared() is prepared


def test_a_store_whose_table_is_damaged_counts_as_missing_and_is_made_anew(tones: Path) -> None:
    wanted = recipe({"manifest": str(tones)})
    whole = gather(wanted, tones.parent, load_registry()).prepared().corpora[0]
    (whole.place / "meta.json").write_text("{}", encoding="utf-8")
    found = gather(wanted, tones.parent, load_registry())
    assert not found.is_prepared
    assert found.prepared().corpora[0].facts.content == whole.facts.content


def test_one_corpus_at_two_roots_cannot_be_in_one_recipe(tones: Path, tmp_path: Path) -> None:
    other = copy_of(tones, tmp_path / "other").parent
    (other / "s0" / "anger_0.wav").write_bytes(b"another file")
    roots = [(name, str(root)) for name, root in (("emotion", tones.parent), ("arousal", other))]
    wanted = recipe(*({"id": "rated", "target": name, "root": root} for name, root in roots))
    with pytest.raises(RecipeError, match=r"two different corpora with the id 'rated'.*one root for both targets"):
        gather(wanted, tmp_path, registry_with(rated_tones(tones)))


def test_a_source_may_name_the_manifest_of_a_corpus_by_another_path(tones: Path) -> None:
    data = recipe({"manifest": "labels.csv"}).model_dump(exclude_defaults=True, mode="json")
    data["systems"] = {"s": {"strategy": "full", "source": {"manifest": "./labels.csv"}}}
    found = gather(Recipe.model_validate(data), tones.parent, load_registry())
    assert len({each.place for each in found.every}) == 1


def test_files_that_are_left_out_are_told_each_time(tones: Path) -> None:
    (tones.parent / "s0" / "anger_0.wav").write_bytes(b"")
    wanted, told = recipe({"manifest": str(tones)}), list[Event]()
    for _ in range(2):
        gathering = gather(wanted, tones.parent, load_registry(), listen=told.append).prepared()
        assert [each.reason for each in gathering.corpora[0].dropped] == ["empty"]
    texts = [each.text for each in told if isinstance(each, Notice)]
    assert [text.partition(";")[0] for text in texts] == ["labels: 1 file left out"] * 2


def test_a_corpus_that_is_not_whole_has_a_note_for_those_who_read_its_scores(tones: Path, tmp_path: Path) -> None:
    whole = replace(corpus_of_tones(tones, "whole"), expected=Expected(utterances=24))
    part = replace(corpus_of_tones(tones, "part"), expected=Expected(utterances=25))
    made = recipe({"id": "whole", "root": str(tones.parent)}, {"id": "part", "root": str(tones.parent)})
    gathering = gather(made, tmp_path, registry_with(whole, part))
    for each in (gathering, gathering.prepared()):
        notes = {found.facts.corpus.id: found.facts.note for found in each.corpora}
        missing = "part: 24 utterances, where its card counts 25; `emonet corpora check part` says what is missing."
        assert notes == {"whole": "", "part": missing}


def test_without_its_files_it_is_said_which_of_several_stores_of_a_corpus_is_taken(tones: Path, tmp_path: Path) -> None:
    shutil.copytree(tones.parent, tmp_path / "other")
    (tmp_path / "other" / "s0" / "anger_0.wav").write_bytes((tones.parent / "s1" / "anger_0.wav").read_bytes())
    corpus, told = corpus_of_tones(tones, "moved"), list[Event]()
    one = prepare(corpus, tones.parent).folder
    gather(recipe("moved"), tmp_path, registry_with(corpus), listen=told.append)
    last = prepare(corpus, tmp_path / "other").folder
    shutil.rmtree(tmp_path / "other")
    (found,) = gather(recipe("moved"), tmp_path, registry_with(corpus), listen=told.append).corpora
    assert found.store == last != one
    (text,) = [each.text for each in told if isinstance(each, Notice)]
    assert text.startswith(f"moved: its files are not here, so the store prepared last is taken, {last.name[:8]} of 2.")


def test_segments_whose_files_end_long_before_them_are_told_each_time(tones: Path) -> None:
    lines = tones.read_text(encoding="utf-8").splitlines()
    beyond = [f"{line},{end}" for line, end in zip(lines[1:], (900, 0.7, *[""] * 22), strict=True)]
    tones.write_text("\n".join([f"{lines[0]},end", *beyond]) + "\n", encoding="utf-8")
    for _ in range(2):
        told: list[Event] = []
        gathering = gather(recipe({"manifest": str(tones)}), tones.parent, load_registry(), listen=told.append)
        (gathered,) = gathering.prepared().corpora
        (note,) = [note for note in gathered.notes if "cut" in note]
        assert note.startswith("labels: 1 segment cut where the file ends, long before the end that is given: ")
        assert note.endswith("anger_0.wav is to end at 900 s, and ends after 0.30 s. Check the times, which are in s.")
