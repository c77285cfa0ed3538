from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from emonet.errors import PluginError, RecipeError, UnknownName
from emonet.plugin.registry import COMPONENTS, Registry, died_loading, load_registry

ONE_BACKBONE = """
import emonet

@emonet.hookimpl
def emonet_backbones():
    return {"NAME": lambda *, width=4: width}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed distributions; every entry point in it may be loaded."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("EMONET_PLUGINS")
    return folder


def install(site: Path, module: str, source: str, *, entry: str = "", distribution: str = "") -> None:
    """Lay out a distribution as an installer does: a module, and a dist-info folder with its entry point."""
    (site / f"{module}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    name = distribution or module.replace("_", "-")
    info = site / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[emonet]\n{entry or module} = {module}\n", encoding="utf-8")


def test_an_installed_distribution_is_found_with_version_hooks_and_names(site: Path) -> None:
    install(site, "plug_found", ONE_BACKBONE.replace("NAME", "found_net"), entry="net-found")
    registry = load_registry()
    info = registry.plugins["net-found"]
    assert (info.distribution, info.version, info.hooks) == ("plug-found", "1.2", ("emonet_backbones",))
    assert registry.names_of("net-found") == {"backbones": ["found_net"]}
    assert registry.build("backbones", "found_net", {"width": 7}) == 7


def test_first_party_plugins_come_by_the_same_door(site: Path) -> None:
    registry = load_registry()
    own = [info for info in registry.plugins.values() if info.distribution == "emonet"]
    assert {info.name for info in own} == {"components", "corpora"}
    assert not registry.broken()
    assert all(registry.factories(kind) for kind in COMPONENTS)
    assert registry.corpora


def test_a_clash_of_names_names_both_plugins(site: Path) -> None:
    install(site, "plug_one", ONE_BACKBONE.replace("NAME", "same"), entry="net-one")
    install(site, "plug_two", ONE_BACKBONE.replace("NAME", "same"), entry="net-two")
    with pytest.raises(PluginError) as caught:
        load_registry().factories("backbones")
    assert "Two plugins bring the backbone 'same': net-one (plug-one) and net-two (plug-two)." in str(caught.value)
    assert "EMONET_PLUGINS" in str(caught.value)


def test_two_packages_with_one_plugin_name_are_both_named(site: Path) -> None:
    install(site, "plug_a", ONE_BACKBONE.replace("NAME", "a_net"), entry="net-same")
    install(site, "plug_b", ONE_BACKBONE.replace("NAME", "b_net"), entry="net-same")
    with pytest.raises(PluginError, match="Two packages bring a plugin called 'net-same': plug-a and plug-b"):
        load_registry()


def test_a_plugin_that_raises_on_import_is_reported_and_survived(site: Path) -> None:
    install(site, "plug_broken", "raise RuntimeError('no luck')", entry="net-broken")
    registry = load_registry()
    assert [(info.name, info.error) for info in registry.broken()] == [("net-broken", "RuntimeError: no luck")]
    with pytest.raises(UnknownName) as caught:
        registry.factory("backbones", "broken_net")
    assert "could not be loaded: net-broken (plug-broken): RuntimeError: no luck" in str(caught.value)


def test_a_hook_that_raises_makes_its_plugin_a_broken_one(site: Path) -> None:
    source = "import emonet\n\n@emonet.hookimpl\ndef emonet_corpora():\n    raise ValueError('bad card')\n"
    install(site, "plug_raises", source, entry="corpus-raises")
    registry = load_registry()
    assert registry.corpora
    assert [(info.name, info.error) for info in registry.broken()] == [("corpus-raises", "ValueError: bad card")]


@pytest.mark.parametrize(
    ("hook", "returned", "expected"),
    [
        ("corpora", "['x']", "emonet_corpora returned 'x' among others, expected Corpus objects only"),
        ("backbones", "{'n': 3}", "emonet_backbones returned 3 among others, expected factories by name only"),
    ],
)
def test_a_hook_that_returns_something_else_makes_its_plugin_a_broken_one(
    site: Path, hook: str, returned: str, expected: str
) -> None:
    source = f"import emonet\n\n@emonet.hookimpl\ndef emonet_{hook}():\n    return {returned}\n"
    install(site, f"plug_strange_{hook}", source, entry="strange")
    registry = load_registry()
    assert registry.corpora
    assert registry.factories("backbones")
    assert [info.error for info in registry.broken()] == [f"TypeError: {expected}"]


def test_a_plugin_that_leaves_the_program_on_import_is_survived(site: Path) -> None:
    install(site, "plug_leaves", "import sys; sys.exit('no licence')", entry="leaves")
    (broken,) = load_registry().broken()
    assert re.fullmatch(r"SystemExit: no licence \(.*plug_leaves\.py, line 1\), which ends a program; .*", broken.error)


@pytest.mark.parametrize("leaving", ["sys.exit(0)", "raise GeneratorExit", "raise type('Stop', (BaseException,), {})"])
def test_a_hook_that_leaves_the_program_makes_its_plugin_a_broken_one(tmp_path: Path, leaving: str) -> None:
    registry = single_file(tmp_path, f"import sys, emonet\n\n@emonet.hookimpl\ndef emonet_corpora():\n    {leaving}\n")
    assert registry.corpora
    assert "mine.py, line 5), which ends a program" in registry.broken()[0].error


def test_a_ctrl_c_that_a_plugin_raises_itself_is_none_and_a_real_one_is(site: Path) -> None:
    install(site, "plug_stops", "raise KeyboardInterrupt")
    registry = load_registry()
    assert "KeyboardInterrupt (" in registry.plugins["plug_stops"].error
    assert "plug_stops.py, line 1), which nobody typed" in registry.plugins["plug_stops"].error
    install(site, "plug_waits", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nfor _ in range(10**6): pass\n")
    with pytest.raises(KeyboardInterrupt):
        load_registry()


def test_a_factory_and_an_observer_that_leave_the_program_are_named(tmp_path: Path) -> None:
    from emonet.events import Notice

    source = """
        import sys
        import emonet

        @emonet.hookimpl
        def emonet_backbones():
            return {"n": lambda: sys.exit(0)}

        @emonet.hookimpl
        def emonet_event(event):
            sys.exit(0)
    """
    registry = single_file(tmp_path, source)
    with pytest.raises(PluginError, match=r"backbone 'n': SystemExit: 0 \(.*mine\.py, line 7\)"):
        registry.build("backbones", "n", {})
    registry.emit(Notice("one"))
    assert "SystemExit: 0" in registry.broken()[0].error


def test_a_file_whose_hook_has_another_signature_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"mine\.py: .*'mine' .*hook 'emonet_words'|declared in the hookimpl"):
        single_file(tmp_path, "import emonet\n\n@emonet.hookimpl\ndef emonet_words(registry): return []\n")


def test_of_a_plugin_that_does_not_fit_no_hook_is_called(site: Path) -> None:
    source = """
        import emonet

        @emonet.hookimpl
        def emonet_backbones():
            return {"half_net": None}

        @emonet.hookimpl
        def emonet_words(registry):
            return []
    """
    install(site, "plug_half", source)
    registry = load_registry()
    assert "declared in the hookimpl" in registry.plugins["plug_half"].error
    assert "half_net" not in registry.factories("backbones")
    assert registry.names_of("plug_half") == {}


def test_a_plugin_that_a_process_died_of_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "crash.py"
    path.write_text("import os\nos._exit(3)\n", encoding="utf-8")
    code = f"from pathlib import Path; import emonet.plugin.registry as r; r.load_registry([Path({str(path)!r})])"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 3
    assert died_loading() == [str(path)]
    assert died_loading() == []


def test_a_plugin_that_is_being_loaded_is_not_called_one_that_a_process_died_of(tmp_path: Path) -> None:
    source = "import emonet\nfrom emonet.plugin.registry import died_loading\n\nfound = died_loading()\n"
    registry = single_file(tmp_path, source + ONE_BACKBONE.replace("NAME", "late_net"))
    module = registry.manager.get_plugin(str(tmp_path / "mine.py"))
    assert module is not None
    assert module.found == []


def test_a_registry_says_what_another_process_must_load_to_have_the_same(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        install(site, f"plug_travels_{name}", ONE_BACKBONE.replace("NAME", f"{name}_net"), entry=f"net-{name}")
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(ONE_BACKBONE.replace("NAME", "file_net")), encoding="utf-8")
    monkeypatch.setenv("EMONET_PLUGINS", "net-two")
    first = load_registry([path])
    assert (first.pinned, first.files) == (("net-two",), (path.resolve(),))
    monkeypatch.setenv("EMONET_PLUGINS", "")
    again = load_registry(first.files, pinned=first.pinned)
    assert set(again.factories("backbones")) == set(first.factories("backbones")) > {"two_net", "file_net"}
    assert load_registry(pinned=()).pinned == ()
    with pytest.raises(PluginError, match=r"The plan names the plugin 'net-tow', which is not installed.*'net-two'"):
        load_registry(pinned=["net-tow"])


def test_a_file_given_twice_is_loaded_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(ONE_BACKBONE.replace("NAME", "file_net")), encoding="utf-8")
    assert "file_net" in load_registry([path, tmp_path / "." / "mine.py"]).factories("backbones")


def test_a_plugin_without_hooks_is_reported(site: Path) -> None:
    install(site, "plug_idle", "def emonet_backbones(): return {}", entry="net-idle")
    assert "it implements no hook of EmoNet" in load_registry().broken()[0].error


def test_a_hook_that_does_not_exist_is_reported(site: Path) -> None:
    install(
        site, "plug_typo", "import emonet\n\n@emonet.hookimpl\ndef emonet_backbone(): return {}\n", entry="net-typo"
    )
    registry = load_registry()
    assert "unknown hook 'emonet_backbone'" in registry.broken()[0].error
    assert registry.factories("backbones")


def test_emonet_plugins_pins_third_parties_and_never_the_first_party(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "plug_in", ONE_BACKBONE.replace("NAME", "in_net"), entry="net-in")
    install(site, "plug_out", ONE_BACKBONE.replace("NAME", "out_net"), entry="net-out")
    monkeypatch.setenv("EMONET_PLUGINS", "net-in, corpora,")
    assert set(load_registry().plugins) == {"components", "corpora", "net-in"}


def test_a_misspelt_name_in_emonet_plugins_is_an_error_with_the_nearest_one(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "plug_in", ONE_BACKBONE.replace("NAME", "in_net"), entry="net-in")
    monkeypatch.setenv("EMONET_PLUGINS", "net-inn")
    with pytest.raises(
        PluginError, match=r"names the plugin 'net-inn', which is not installed\. Did you mean 'net-in'\?"
    ):
        load_registry()


def single_file(tmp_path: Path, source: str) -> Registry:
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    return load_registry([path])


def test_a_single_file_is_a_plugin_without_packaging(tmp_path: Path) -> None:
    registry = single_file(tmp_path, ONE_BACKBONE.replace("NAME", "file_net"))
    assert "file_net" in registry.factories("backbones")
    assert registry.plugins[str(tmp_path / "mine.py")].version == "file"


def test_a_file_that_raises_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"mine\.py: the plugin raised ZeroDivisionError"):
        single_file(tmp_path, "1 / 0")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="there is no such plugin file"):
        load_registry([tmp_path / "nothing.py"])


def test_a_file_that_is_no_python_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text("id: x\n", encoding="utf-8")
    with pytest.raises(PluginError, match=r"not a Python file. --plugin takes a file that ends in .py"):
        load_registry([tmp_path / "card.yaml"])


def test_wrong_options_are_explained_from_the_factorys_signature(tmp_path: Path) -> None:
    registry = single_file(tmp_path, ONE_BACKBONE.replace("NAME", "file_net"))
    with pytest.raises(Exception, match=r"has no option 'widht'. Did you mean 'width'\? Its options: width."):
        registry.build("backbones", "file_net", {"widht": 4})


def test_a_missing_option_is_named(tmp_path: Path) -> None:
    source = "import emonet\n\n@emonet.hookimpl\ndef emonet_backbones():\n    return {'n': lambda *, width: width}\n"
    with pytest.raises(Exception, match="backbone 'n' needs the option 'width'"):
        single_file(tmp_path, source).build("backbones", "n", {})


def test_a_factory_that_refuses_a_value_is_quoted(tmp_path: Path) -> None:
    source = """
        import emonet

        def net(*, width=4):
            raise ValueError("width must be positive")

        @emonet.hookimpl
        def emonet_backbones():
            return {"n": net}
    """
    with pytest.raises(Exception, match="backbone 'n': width must be positive"):
        single_file(tmp_path, source).build("backbones", "n", {"width": -1})


def test_exactly_one_default_is_needed(tmp_path: Path) -> None:
    source = """
        import emonet

        @emonet.component(default=True)
        def other():
            return None

        @emonet.hookimpl
        def emonet_executors():
            return {"other": other}
    """
    assert load_registry().default("executors")
    with pytest.raises(PluginError, match="Of the executors, 2 are marked as the default, expected one"):
        single_file(tmp_path, source).default("executors")


def test_events_reach_every_observer(tmp_path: Path) -> None:
    from emonet.events import Notice

    source = """
        import emonet

        seen = []

        @emonet.hookimpl
        def emonet_event(event):
            seen.append(event)
    """
    registry = single_file(tmp_path, source)
    registry.emit(Notice("hello"))
    module = registry.manager.get_plugin(str(tmp_path / "mine.py"))
    assert module is not None
    assert module.seen == [Notice("hello")]


def test_an_observer_that_raises_is_left_out_and_stops_nothing(tmp_path: Path) -> None:
    from emonet.events import Notice

    source = """
        import emonet

        seen = []

        @emonet.hookimpl
        def emonet_event(event):
            seen.append(event)
            raise OSError("no tracker")
    """
    registry = single_file(tmp_path, source)
    registry.emit(Notice("one"))
    registry.emit(Notice("two"))
    module = registry.manager.get_plugin(str(tmp_path / "mine.py"))
    assert module is not None
    assert module.seen == [Notice("one")]
    assert registry.broken()[0].error == "OSError: no tracker"


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        ("int", "four", "a whole number"),
        ("int", True, "a whole number"),
        ("float", "x", "a number"),
        ("bool", 1, "true"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_in_words(
    tmp_path: Path, annotation: str, value: object, words: str
) -> None:
    source = f"""
        from __future__ import annotations
        import emonet

        @emonet.hookimpl
        def emonet_backbones():
            def net(*, width: {annotation} = 0):
                return width
            return {{"n": net}}
    """
    with pytest.raises(RecipeError, match=f"backbone 'n': the option 'width' is {value!r}. Give {words}"):
        single_file(tmp_path, source).build("backbones", "n", {"width": value})
