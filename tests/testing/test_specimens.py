"""Each check has a specimen that it rejects and that every other check accepts."""

from __future__ import annotations

import pytest

from emonet.testing import all_checks, run_checks
from tests.testing import specimens_components as components
from tests.testing import specimens_corpora as corpora
from tests.testing.specimens_packages import PACKAGES, installed

CORPORA = sorted(corpora.BROKEN.items())
COMPONENTS = sorted(components.BROKEN.items(), key=lambda item: item[0])


def failing(plugin: object) -> set[str]:
    return {result.check for result in run_checks(plugin) if not result.passed}


def test_there_is_one_specimen_for_every_check():
    known = {(kind, name) for kind, checks in all_checks().items() for name in checks}
    specimens = {("corpora", name) for name in corpora.BROKEN} | set(components.BROKEN)
    specimens |= {("package", name) for name in PACKAGES}
    assert specimens == known
    assert len(known) >= 47


def test_good_specimens_pass_every_check():
    results = run_checks([corpora.GOOD, *components.GOOD])
    assert len(results) == sum(len(checks) for kind, checks in all_checks().items() if kind != "package")
    assert [result.message for result in results if not result.passed] == []


@pytest.mark.parametrize(("check", "corpus"), CORPORA, ids=[name for name, _ in CORPORA])
def test_only_its_check_rejects_a_broken_corpus(check, corpus):
    assert failing(corpus) == {check}


@pytest.mark.parametrize(("kind_and_check", "subject"), COMPONENTS, ids=["-".join(key) for key, _ in COMPONENTS])
def test_only_its_check_rejects_a_broken_component(kind_and_check, subject):
    assert failing(subject) == {kind_and_check[1]}


@pytest.mark.parametrize("check", sorted(PACKAGES))
def test_only_its_check_rejects_a_broken_package(check, tmp_path, monkeypatch):
    module = installed(PACKAGES[check], tmp_path, monkeypatch)
    assert failing(module) == {check}
