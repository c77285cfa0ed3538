"""The command itself: exit codes, mistyped commands, interruptions, full disks, and what it imports."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emonet.cli.app import COMMANDS, run_command
from emonet.cli.console import complain, say
from emonet.errors import CorpusError
from tests.helpers.cli_terminal import Emonet

HEAVY = (
    "torch",
    "torchaudio",
    "numpy",
    "datasets",
    "pyarrow",
    "sklearn",
    "opensmile",
    "soundfile",
    "pandas",
    "requests",
)


def raising(problem: BaseException) -> object:
    """Return something to put in place of a function: it raises."""

    def raise_it(*_: object, **__: object) -> None:
        raise problem

    return raise_it


@pytest.mark.parametrize(
    "command",
    [
        ("corpora", "list"),
        ("corpora", "list", "--json"),
        ("plugins",),
        ("corpora", "info", "emodb"),
        ("labels",),
        ("labels", "coverage", "emodb"),
        ("recipe", "keys"),
        ("--version",),
    ],
)
def test_listing_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    code = f"""
import sys
from emonet.cli.app import run_command
code = run_command({list(command)!r})
print(sorted(set({HEAVY!r}) & set(sys.modules)), code, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[] 0"


def test_the_version_is_the_distributions(emonet: Emonet) -> None:
    from importlib.metadata import version

    ran = emonet("--version")
    assert (ran.code, ran.out) == (0, f"emonet {version('emonet')}\n")


def test_help_lists_every_command_and_the_exit_codes(emonet: Emonet) -> None:
    ran = emonet("--help")
    assert ran.code == 0
    assert len(COMMANDS) >= 5
    for text in (*COMMANDS, "0 success", "1 findings", "2 errors", "130 interrupted"):
        assert text in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["corpra"], "Error: No such command 'corpra'. Did you mean 'corpora'?\nSee: emonet --help\n"),
        (["corpora", "lst"], "Error: No such command 'lst'. Did you mean 'list'?\nSee: emonet corpora --help\n"),
        (["plugins", "chek"], "Error: No such command 'chek'. Did you mean 'check'?\nSee: emonet plugins --help\n"),
        (["corpora", "info"], "Error: Missing argument 'ID'.\nSee: emonet corpora info --help\n"),
    ],
)
def test_wrong_usage_is_one_message_with_the_nearest_command(
    emonet: Emonet, arguments: list[str], message: str
) -> None:
    ran = emonet(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", message)


def test_a_mistyped_option_is_answered_with_the_nearest(emonet: Emonet) -> None:
    ran = emonet("corpora", "list", "--jsn")
    assert ran.code == 2
    assert "No such option" in ran.err
    assert "--json" in ran.err


def test_no_command_at_all_shows_the_help(emonet: Emonet) -> None:
    ran = emonet()
    assert ran.code == 2
    assert "corpora" in ran.out + ran.err


def test_an_error_is_one_message_and_debug_shows_where_it_comes_from(emonet: Emonet) -> None:
    plain = emonet("corpora", "info", "nothing_like_it")
    assert plain.code == 2
    assert plain.err.startswith("Error: Unknown corpus 'nothing_like_it'.")
    assert "Traceback" not in plain.err
    debug = emonet("corpora", "info", "nothing_like_it", "--debug")
    assert debug.code == 2
    assert "Traceback" in debug.err
    assert "Error: Unknown corpus 'nothing_like_it'." in debug.err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_to_do(emonet: Emonet, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    full = OSError(number, os.strerror(number), "/data/x.part")
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(full))
    ran = emonet("corpora", "list")
    assert ran.code == 2
    assert ran.err == (
        "Error: The disk is full (/data/x.part). Free some space, or set EMONET_HOME to a folder on another disk; "
        "then run the same command again.\n"
    )


def test_a_forbidden_file_is_told_without_a_traceback(emonet: Emonet, monkeypatch: pytest.MonkeyPatch) -> None:
    forbidden = PermissionError(errno.EACCES, "Permission denied", "/data/x")
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(forbidden))
    ran = emonet("corpora", "list")
    assert (ran.code, ran.err) == (2, "Error: Permission denied (/data/x). Check the path and its permissions.\n")


def test_a_fault_of_the_program_shows_its_lines(emonet: Emonet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(ZeroDivisionError("oh")))
    ran = emonet("corpora", "list")
    assert ran.code == 2
    assert "ZeroDivisionError: oh" in ran.err
    assert ran.err.endswith(
        "Error: this is a fault of the program, not of what you gave it. Please report the lines above.\n"
    )


def test_the_end_of_a_cut_file_is_a_fault_of_the_program_and_no_interruption(
    emonet: Emonet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(EOFError("no data left")))
    ran = emonet("corpora", "list")
    assert ran.code == 2
    assert "EOFError: no data left" in ran.err
    assert "Interrupted" not in ran.err


def test_a_library_s_word_on_damaged_content_is_not_called_a_matter_of_permissions(
    emonet: Emonet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(OSError("Expected 10 bytes, got 3")))
    ran = emonet("corpora", "list")
    assert ran.code == 2
    assert ran.err.startswith("Error: Expected 10 bytes, got 3. A file is damaged;")
    assert "permissions" not in ran.err


def test_an_interruption_says_how_to_go_on(emonet: Emonet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(KeyboardInterrupt()))
    ran = emonet("corpora", "list")
    assert ran.code == 130
    assert ran.err.strip() == "Interrupted. Run the same command again: it goes on where it was."


def started(folder: Path, handler: signal.Handlers) -> subprocess.Popen[str]:
    """Start a command that waits for a line, with SIGINT as a shell hands it on, and return when it waits."""
    plugin = folder / "slow.py"
    plugin.write_text(
        "import sys, emonet\n"
        "@emonet.hookimpl\n"
        "def emonet_corpora():\n"
        "    print('waiting', file=sys.stderr, flush=True)\n"
        "    sys.stdin.readline()\n"
        "    return []\n"
    )
    command = [sys.executable, "-c", "from emonet.cli import main; main()", "corpora", "list", "--plugin", str(plugin)]
    # The tests themselves may run where SIGINT is ignored, as in `nohup make test &`, and a child inherits that.
    before = signal.signal(signal.SIGINT, handler)
    try:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting\n"
    return process


def test_control_c_ends_a_real_process_with_130(tmp_path: Path) -> None:
    with started(tmp_path, signal.SIG_DFL) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "Interrupted. Run the same command again: it goes on where it was."


def test_control_c_stays_ignored_where_a_shell_ignores_it(tmp_path: Path) -> None:
    with started(tmp_path, signal.SIG_IGN) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate("go on\n", timeout=30)
    assert (process.returncode, err) == (0, "")
    assert "polish_speech_emotions" in out


def test_a_closed_pipe_is_no_error(plugin: Path) -> None:
    line = f"{sys.executable} -c 'from emonet.cli import main; main()' corpora list --plugin {plugin} | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False)  # noqa: S607
    assert (done.returncode, done.stderr) == (0, "")


def under_ascii(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a locale whose encoding is ASCII, for texts and for file names."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", "from emonet.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **plain})


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_letters_that_the_locale_lacks_are_escaped(tmp_path: Path, plugin: Path, form: list[str]) -> None:
    card = tmp_path / "cards" / "tones.yaml"
    card.write_text(card.read_text().replace("A. Tone", "Ä. Tönę"), encoding="utf-8")
    done = under_ascii("corpora", "info", "tones", "--plugin", plugin, *form)
    assert (done.returncode, done.stderr) == (0, "")
    if form:
        assert json.loads(done.stdout)["citation"]["authors"] == "Ä. Tönę"
    else:
        assert r"\xc4. T\xf6n\u0119 (2020)" in done.stdout


def test_file_names_that_the_locale_lacks_are_explained(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("file,label\nä.wav,a\nb.wav,b\n", encoding="utf-8")
    done = under_ascii("corpora", "prepare", "--manifest", tmp_path / "all.csv")
    assert done.returncode == 2
    assert done.stderr == (
        rf"Error: '{tmp_path}/\xe4.wav' has letters that the encoding 'ascii' of this locale lacks. Choose a UTF-8 "
        "locale, e.g. LC_ALL=C.UTF-8, and run the same command again.\n"
    )


@pytest.mark.parametrize("group", COMMANDS)
def test_no_group_offers_to_change_the_users_shell(emonet: Emonet, group: str) -> None:
    assert "install-completion" not in emonet(group, "--help").out


def test_an_error_goes_to_stderr_and_markup_is_left_alone(emonet: Emonet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emonet.cli.corpora.load_plugins", raising(CorpusError("label [red] is not a class")))
    ran = emonet("corpora", "list")
    assert (ran.out, ran.err) == ("", "Error: label [red] is not a class\n")


def test_a_complaint_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    complain("[bold]50 %[/bold]")
    assert capsys.readouterr().err == "[bold]50 %[/bold]\n"


def test_success_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["corpora", "list", "--json"]) == 0
    assert capsys.readouterr().out.startswith("[")


def test_a_word_between_colons_is_no_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    say("label :angry: of a:b:c")
    assert capsys.readouterr().out == "label :angry: of a:b:c\n"
