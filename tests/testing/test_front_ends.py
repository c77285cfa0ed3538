"""The three ways to run the checks give the same answers."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from emonet.corpus.corpus import Corpus
from emonet.errors import ContractError, PluginError
from emonet.plugin.registry import load_registry
from emonet.testing import Result, all_checks, check_plugin, parametrize_checks, run_checks
from emonet.testing.subjects import subjects_of
from tests.testing import specimens_components as components
from tests.testing import specimens_packages as packages
from tests.testing.specimens_corpora import BROKEN, GOOD

ORDER = "check_a_scan_keeps_its_order"


@dataclass(frozen=True)
class Declaring(Corpus):
    """A corpus that says itself which promises it breaks."""

    expected_failures: dict[str, str] = field(default_factory=dict)


def declaring(corpus: Corpus, expected: dict[str, str]) -> Corpus:
    fields = {name: getattr(corpus, name) for name in Corpus.__dataclass_fields__}
    return Declaring(**fields, expected_failures=expected)


class PooledWithPadding(
    components.BROKEN["backbones", "check_padding_does_not_change_the_embedding"].thing.build().__class__
):
    """The specimen that pools over padding, which says so."""

    expected_failures = {"check_padding_does_not_change_the_embedding": "the paper's, 5.2.1"}  # noqa: RUF012


def of(results: list[Result], check: str) -> Result:
    return next(result for result in results if result.check == check)


def test_an_expected_failure_passes_and_keeps_its_reason_and_message():
    result = of(run_checks(declaring(BROKEN[ORDER], {ORDER: "sets"})), ORDER)
    assert (result.passed, result.expected_failure) == (True, "sets")
    assert "two scans of one folder differ" in result.message


def test_components_declare_expected_failures_on_the_object():
    results = run_checks(components.backbone(PooledWithPadding))
    assert all(result.passed for result in results)
    assert [result.expected_failure for result in results if result.expected_failure] == ["the paper's, 5.2.1"]


def test_an_expected_failure_that_passes_is_a_failure():
    result = of(run_checks(declaring(GOOD, {ORDER: "sets"})), ORDER)
    assert (result.passed, result.expected_failure) == (False, "")
    assert result.message == "foo: expected to fail (sets), but it passes. Take it out of expected_failures."


def test_an_expected_failure_of_an_unknown_check_is_an_error():
    with pytest.raises(ContractError, match=r"foo: expected_failures names 'check_a_scan_keeps_order'.*Did you mean"):
        run_checks(declaring(GOOD, {"check_a_scan_keeps_order": "sets"}))


def test_an_error_that_is_no_contract_error_may_be_expected():
    def scan(root):
        raise OSError("disk")

    fields = {name: getattr(GOOD, name) for name in Corpus.__dataclass_fields__}
    result = of(run_checks(Declaring(**fields | {"scan": scan}, expected_failures={ORDER: "disk"})), ORDER)
    assert (result.passed, result.message, result.expected_failure) == (True, "foo: OSError: disk", "disk")


def test_pytest_gets_one_case_a_check_with_readable_ids_and_marks():
    mark = parametrize_checks(declaring(BROKEN[ORDER], {ORDER: "sets"}))
    assert mark.args[0] == "check"
    cases = {case.id: case for case in mark.args[1]}
    assert list(cases) == [f"foo-{name}" for name in all_checks()["corpora"]]
    assert [m.name for m in cases[f"foo-{ORDER}"].marks] == ["xfail"]
    assert cases[f"foo-{ORDER}"].marks[0].kwargs == {"strict": True, "reason": "sets"}
    assert not cases["foo-check_the_card_is_complete"].marks


def test_pytest_runs_the_cases(tmp_path):
    (tmp_path / "test_foo.py").write_text(
        "from tests.testing.specimens_corpora import BROKEN\nfrom emonet.testing import parametrize_checks\n"
        f"@parametrize_checks(BROKEN['{ORDER}'])\ndef test_foo(check):\n    check()\n"
    )
    code = (
        f"import sys, pytest; sys.path[:] = {json.dumps(sys.path)}; sys.exit(pytest.main(['-q', '-rf', sys.argv[1]]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert f"FAILED test_foo.py::test_foo[foo-{ORDER}]" in done.stdout
    assert f"1 failed, {len(all_checks()['corpora']) - 1} passed" in done.stdout


def test_a_loaded_plugin_is_checked_by_its_name_or_by_one_of_its_names(tmp_path, monkeypatch):
    packages.installed({"specimen_foo": packages.CLASHING}, tmp_path, monkeypatch)
    registry = load_registry()
    whole, one = check_plugin(registry, "specimen_foo"), check_plugin(registry, "foo")
    assert [result for result in whole if result.subject == "foo"] == one
    assert {result.check for result in whole} == {*all_checks()["package"], *all_checks()["corpora"]}
    assert all(result.passed for result in whole)


def test_a_broken_plugin_cannot_be_checked(tmp_path, monkeypatch):
    packages.installed({"specimen_good": packages.GOOD}, tmp_path, monkeypatch)
    (tmp_path / "specimen_good.py").write_text("import no_such_module")
    monkeypatch.delitem(__import__("sys").modules, "specimen_good")
    text = r"Plugin 'specimen_good' of specimen_good cannot be checked.*no_such_module.*[^.]\. Mend it first\.$"
    with pytest.raises(PluginError, match=text):
        check_plugin(load_registry(), "specimen_good")


def test_a_plugin_whose_hook_raises_does_not_hide_the_others(tmp_path, monkeypatch):
    raising = packages.CLASHING.replace("from tests.testing.specimens_corpora import GOOD", "raise OSError('no card')")
    packages.installed({"specimen_bad": raising, "specimen_foo": packages.CLASHING}, tmp_path, monkeypatch)
    registry = load_registry()
    assert {result.subject for result in check_plugin(registry, "foo")} == {"foo"}
    with pytest.raises(ContractError, match="hook emonet_corpora raised OSError: no card"):
        check_plugin(registry, "specimen_bad")


def test_a_list_mixes_modules_and_corpora(tmp_path, monkeypatch):
    module = packages.installed({"specimen_foo": packages.CLASHING}, tmp_path, monkeypatch)
    assert [subject.kind for subject in subjects_of([module, GOOD])] == ["package", "corpora", "corpora"]


def test_the_kit_itself_loads_nothing_heavy():
    code = (
        "import sys, emonet.testing; print([m for m in ('torch', 'numpy', 'pytest', 'soundfile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
