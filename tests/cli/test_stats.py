"""``emonet corpora stats``: what is prepared is shown, what is not is said."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.cli_terminal import Emonet


def manifest_of(tones: Path) -> Path:
    rows = "".join(f"{path.name},{path.name[3]},{path.name[:2]}\n" for path in sorted(tones.glob("*.wav")))
    path = tones / "labels.csv"
    path.write_text(f"file,label,speaker\n{rows}", encoding="utf-8")
    return path


def test_prepared_corpora_are_shown_as_table_1_and_drawn(
    emonet: Emonet, tones: Path, plugin: Path, tmp_path: Path
) -> None:
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    shown = emonet("corpora", "stats", "--plugin", plugin, "--out", tmp_path / "pictures", "--format", "png")
    assert shown.code == 0
    assert "0.5 ± 0.0" in shown.out
    assert str(tmp_path / "pictures" / "durations.png") in shown.out
    listed = emonet("corpora", "stats", "tones", "--plugin", plugin, "--json").json
    assert listed["pictures"] == []
    assert listed["corpora"][0]["classes"] == {"emotion": {"joy": 3, "anger": 3, "neutral": 3}}
    assert listed["corpora"][0]["speakers"] == {"s1": 3, "s2": 3, "s3": 3}


def test_manifests_are_shown_once_they_are_prepared(emonet: Emonet, tones: Path) -> None:
    manifest = manifest_of(tones)
    before = emonet("corpora", "stats", "--manifest", manifest)
    assert before.code == 2
    assert f"Not prepared: {manifest}. Prepare it: emonet corpora prepare --manifest {manifest}" in before.err
    assert emonet("corpora", "prepare", "--manifest", manifest).code == 0
    listed = emonet("corpora", "stats", "--manifest", manifest, "--json").json
    assert [each["corpus"] for each in listed["corpora"]] == ["labels"]


def test_what_is_not_prepared_is_said(emonet: Emonet, tones: Path, plugin: Path) -> None:
    nothing = emonet("corpora", "stats", "--plugin", plugin)
    assert (nothing.code, "No corpus is prepared yet" in nothing.err) == (2, True)
    assert emonet("corpora", "prepare", "tones", "--root", tones, "--plugin", plugin).code == 0
    shown = emonet("corpora", "stats", "tones", "emodb", "--plugin", plugin)
    assert shown.code == 0
    assert "Not prepared: emodb. Prepare it: emonet corpora prepare emodb" in shown.err
    unknown = emonet("corpora", "stats", "tonse", "--plugin", plugin)
    assert (unknown.code, "Did you mean 'tones'?" in unknown.err) == (2, True)
