"""What cannot be run is refused before work: nothing is decoded, and EMONET_HOME stays empty."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from emonet.document import changed
from emonet.errors import RecipeError
from emonet.files import home
from tests.helpers.cli_run import call
from tests.helpers.tones import make_tones

RECIPE = """\
corpora: [{manifest: tones/labels.csv}]
protocol: leave-one-speaker-out
systems:
  svm: {strategy: svm, extractor: egemaps, svm: {c: [0.1]}}
  net:
    strategy: scratch
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
  multi:
    strategy: multi-domain
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
    adapter: residual
  full:
    strategy: full
    source: {manifest: tones/labels.csv}
    frontend: {logmel: {bands: 16}}
    backbone: {wide_resnet: {width: 4, blocks: 1}}
"""


@pytest.fixture(autouse=True)
def _here(tones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tones.parent.parent)


def write(*changes: str) -> None:
    """Write ``r.yaml``: the recipe above with some changes."""
    data = yaml.safe_load(RECIPE)
    for change in changes:
        data = changed(data, change, RecipeError)
    Path("r.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")


def files() -> list[Path]:
    """Return all files that EMONET_HOME and the folder of runs hold."""
    return [path for folder in (home(), Path("runs")) for path in folder.rglob("*") if path.is_file()]


WITHOUT_DATA = [
    ("systems.net.strategy=scrach", "Unknown strategy 'scrach'. Did you mean 'scratch'?"),
    ("systems.net.frontend=logmal", "Unknown frontend 'logmal'. Did you mean 'logmel'?"),
    ("systems.net.backbone=wide_resnt", "Unknown backbone 'wide_resnt'. Did you mean 'wide_resnet'?"),
    ("systems.svm.extractor=egemap", "Unknown extractor 'egemap'. Did you mean 'egemaps'?"),
    ("systems.multi.adapter=residul", "Unknown adapter 'residul'. Did you mean 'residual'?"),
    ("systems.net.frontend={logmel: {band: 16}}", "has no option 'band'. Did you mean 'bands'?"),
    ("systems.net.backbone={wide_resnet: {widht: 4}}", "has no option 'widht'. Did you mean 'width'?"),
    ("systems.multi.adapter={lora: {rnak: 4}}", "has no option 'rnak'. Did you mean 'rank'?"),
    ("systems.svm.extractor={egemaps: {level: 1}}", "extractor 'egemaps' has no option 'level'."),
    ("systems.net.backbone.wide_resnet.width=four", "the option 'width' is 'four'. Give a whole number."),
    ("systems.net.frontend.logmel.bands=true", "the option 'bands' is True. Give a whole number."),
    ("systems.net.adapter=residual", "System 'net': the strategy 'scratch' takes no adapter. Leave it out."),
    ("systems.net.backbone=null", "System 'net': the strategy 'scratch' needs backbone. Add it."),
    ("systems.multi.shared={sampling: round-robbin}", "Unknown sampling 'round-robbin'. Did you mean 'round-robin'?"),
    ("systems.multi.shared={sampling: {temperature: {tt: 2}}}", "has no option 'tt'."),
    ("systems.multi.shared={sampling: {temperature: {t: -1}}}", "t=-1 must be greater than 0"),
    ("systems.multi.shared={norms: mean}", "has no two aggregated tasks to take the mean of"),
    ("systems.full.source=null", "System 'full': the strategy 'full' needs a source"),
    ("systems.net.source=emodb", "System 'net': the strategy 'scratch' takes no source. Leave it out."),
    ("systems.full.source=emodbb", "Unknown corpus 'emodbb'. Did you mean 'emodb'?"),
    ("systems.full.source=iemocap/valense", "Did you mean 'valence'?"),
    ("systems.net.map={anger: bad}", "System 'net': the strategy 'scratch' takes no map. Leave it out."),
    ("systems.multi.strategy=aggregate", "System 'multi': the strategy 'aggregate' needs a map"),
    ("systems.net.normalisation=speakers", "Did you mean 'speaker'?"),
    ("systems.net.training={bacth: 8}", "Did you mean 'batch'?"),
    ("corpora=[emodbb]", "Unknown corpus 'emodbb'. Did you mean 'emodb'?"),
    ("corpora=[iemocap/valense]", "Did you mean 'valence'?"),
    ("corpora=[{emodb: {classes: [angre, fear]}}]", "Did you mean 'anger'?"),
    ("corpora=[{emodb: {metric: uarr}}]", "Did you mean 'uar'?"),
    ("protocol=leave-one-speker-out", "Unknown protocol 'leave-one-speker-out'. Did you mean 'leave-one-speaker-out'?"),
    ("protocol={grouped-k-fold: {kk: 3}}", "Protocol 'grouped-k-fold' has no option 'kk'."),
    ("protocol={leave-one-speaker-out: {seeds: 3}}", "has no option 'seeds'. Did you mean 'seed'?"),
    ("protocol={grouped-k-fold: {k: three}}", "the option 'k' is 'three'. Give a whole number."),
    ("corpora.0.protocol=by-speeker", "Did you mean 'by-speaker'?"),
    ("executor=locl", "Unknown executor 'locl'. Did you mean 'local'?"),
    ("executor={local: {workers: 2}}", "executor 'local' has no option 'workers'."),
    ("device=cpuu", "'cpuu' is not a device. Expected auto, cpu, cuda, cuda:N or mps"),
    ("precision=fp23", "Did you mean 'fp32'?"),
    ("baseline=svn", "Did you mean 'svm'?"),
]
"""A change of the recipe, and what is said of it: all that ``check`` and the reading of recipes find."""


@pytest.mark.parametrize(("change", "message"), WITHOUT_DATA)
def test_it_is_refused_with_nothing_done(change: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(change)
    for command in (("run", "r.yaml"), ("run", "r.yaml", "--plan"), ("audit", "r.yaml")):
        code, out, err = call(capsys, *command)
        assert (code, out) == (2, "")
        assert message in err
        assert "Traceback" not in err
        assert [*home().iterdir(), *Path().glob("runs")] == []


WITH_TABLES = [
    ("protocol={grouped-k-fold: {by: speeker, k: 3}}", "Did you mean 'speaker'?"),
    ("protocol={grouped-k-fold: {k: 9}}", "grouped-k-fold with k=9"),
    ("protocol=leave-one-session-out", "has no session"),
    ("protocol={imported: {file: gone.csv}}", "gone.csv"),
    ("corpora.0.classes=[angre, neutral]", "has no class 'angre'. Did you mean 'anger'?"),
    ("corpora.0.target=labl", "Did you mean 'label'?"),
    ("corpora.0.manifest=tones/lables.csv", "Did you mean 'labels.csv'?"),
    ("corpora.0.manifest=tones/rare.csv", "the label 'joy' is in dev but not in train"),
    ("corpora=[{manifest: tones/labels.csv}, {manifest: tones/labels.csv}]", "names 'labels/label' twice"),
    ("systems.full.source={manifest: other/labels.csv}", "two different corpora with the id 'labels'"),
    ("systems.full.source={manifest: tones/labels.csv, speakers: shared}", "Give all entries of the corpus the same"),
    ("systems.full.source={checkpoint: gone.safetensors}", "there is no checkpoint"),
    (
        "corpora=[{manifest: tones/labels.csv}, {manifest: other/more.csv, protocol: by-speaker}]",
        "they need one number of folds: labels has 4, more has 1",
    ),
    ("systems.multi.shared={sampling: {weights: {label: 1}}}", "Did you mean 'labels'?"),
    ("systems.multi.strategy=aggregate\nsystems.multi.map={anger: bad, neutral: fine}", "sadness"),
    (
        "corpora=[{manifest: tones/nobody.csv, protocol: official}]\nsystems.full.source=\n"
        "systems.full.strategy=scratch\nsystems.net.normalisation=speaker",
        "'nobody/label' does not say the speaker of every utterance",
    ),
]
"""Changes, one a line, and what is said of them by the tables that a scan gives."""


@pytest.fixture
def tables(tones: Path) -> None:
    """Write tables with a class that one speaker alone has, and without speakers; and another corpus of one name."""
    header, *rows = tones.read_text(encoding="utf-8").splitlines()
    rare = [row.replace(",anger,", ",joy,") if row.endswith("s3") else row for row in rows]
    (tones.parent / "rare.csv").write_text("\n".join([header, *rare]), encoding="utf-8")
    splits = ("train", "train", "dev", "test")
    split = [f"{row.rpartition(',')[0]},{splits[int(row[-1])]}" for row in rows]
    (tones.parent / "nobody.csv").write_text("\n".join(["file,label,split", *split]), encoding="utf-8")
    other = make_tones(tones.parent.parent / "other", speakers=3)
    other.with_name("more.csv").write_text(other.read_text(encoding="utf-8"), encoding="utf-8")


@pytest.mark.parametrize(("changes", "message"), WITH_TABLES)
def test_what_the_tables_do_not_allow_is_refused_before_anything_is_decoded(
    changes: str, message: str, tables: None, capsys: pytest.CaptureFixture[str]
) -> None:
    write(*changes.splitlines())
    for command in (("run", "r.yaml"), ("run", "r.yaml", "--plan"), ("audit", "r.yaml")):
        code, _, err = call(capsys, *command)
        assert (code, message in err) == (2, True), err
        assert "Traceback" not in err
        assert [*home().iterdir(), *Path().glob("runs")] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("device=cuda:99", "The device 'cuda:99' is not there. Choose auto or cpu."),
        ("systems.net.backbone.wide_resnet.width=0", "backbone 'wide_resnet': "),
        ("systems.multi.adapter={lora: {rank: 0}}", "adapter 'lora': "),
        ("systems.full.source={checkpoint: tones/labels.csv}", "tones/labels.csv"),
    ],
)
def test_what_a_plan_need_not_know_is_refused_before_a_run_decodes_anything(
    change: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(change)
    code, _, err = call(capsys, "run", "r.yaml")
    assert (code, message in err) == (2, True), err
    assert [*home().iterdir(), *Path().glob("runs")] == []


def test_weights_that_have_heard_test_speakers_are_refused_before_anything_is_decoded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    net = "frontend: {logmel: {bands: 16}}, backbone: {wide_resnet: {width: 4, blocks: 1}}, training: {epochs: 1}"
    write("protocol=by-speaker", f"systems={{net: {{strategy: scratch, {net}}}}}")
    assert call(capsys, "run", "r.yaml")[0] == 0
    weights = next(Path("runs").rglob("best.safetensors"))
    start = f"strategy: full, source: {{checkpoint: {weights}}}"
    write("protocol={by-speaker: {seed: 2}}", f"systems={{net: {{{start}, {net}}}}}")
    shutil.rmtree(home() / "store")
    code, _, err = call(capsys, "run", "r.yaml")
    assert code == 2
    assert "The audit found what makes scores untrue" in err
    assert not (home() / "store").exists()


def test_what_is_refused_of_a_scan_is_refused_of_a_store(tables: None, capsys: pytest.CaptureFixture[str]) -> None:
    changes, message = next(each for each in WITH_TABLES if "rare" in each[0])
    assert call(capsys, "corpora", "prepare", "--manifest", "tones/rare.csv")[0] == 0
    write(*changes.splitlines())
    code, _, err = call(capsys, "run", "r.yaml")
    assert (code, message in err) == (2, True), err


def test_the_recipe_of_these_tests_is_right_itself(capsys: pytest.CaptureFixture[str]) -> None:
    write("audit=report")
    code, _, err = call(capsys, "run", "r.yaml", "--plan")
    assert code == 0, err


def test_refusing_loads_no_torch_and_looks_at_no_data(tones: Path) -> None:
    write("precision=bf16")
    for path in tones.parent.rglob("*.*"):
        path.unlink()
    script = "\n".join(
        [
            "import io, sys, contextlib",
            "from emonet.cli.app import run_command",
            f"CHANGES = {[change for change, _ in WITHOUT_DATA]!r}",
            "for change, *plan in [(each, *more) for each in CHANGES for more in ((), ('--plan',))]:",
            "    said = io.StringIO()",
            "    with contextlib.redirect_stderr(said):",
            "        assert run_command(['run', 'r.yaml', *plan, '--set', change]) == 2, change",
            "    assert 'labels.csv' not in said.getvalue(), (change, said.getvalue())",
            "    assert not {'torch', 'datasets'} & set(sys.modules), change",
        ]
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_default_report_formats_stop_a_run_before_its_hours_and_not_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "loud.py"
    plugin.write_text(
        "import emonet\n\n\n@emonet.component(default=True)\ndef loud():\n    return str.upper\n\n\n"
        "@emonet.hookimpl\ndef emonet_report_formats():\n    return {'loud': loud}\n",
        encoding="utf-8",
    )
    write()
    code, _, err = call(capsys, "run", "r.yaml", "--plugin", str(plugin))
    assert code == 2
    assert "Of the report formats, 2 are marked as the default" in err
    assert files() == []


def test_an_executor_that_refuses_its_options_stops_a_run_before_anything_is_decoded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "many.py"
    plugin.write_text(
        "import emonet\n\n\ndef many(*, workers: int = 2):\n    raise ValueError(f'{workers}: too few')\n\n\n"
        "@emonet.hookimpl\ndef emonet_executors():\n    return {'many': many}\n",
        encoding="utf-8",
    )
    write("executor={many: {workers: 0}}")
    code, _, err = call(capsys, "run", "r.yaml", "--plugin", str(plugin))
    assert (code, "executor 'many': 0: too few" in err) == (2, True), err
    assert files() == []
