from __future__ import annotations

import json

import pytest

from emonet.cli.app import run_command


def test_the_schema_is_json_that_an_editor_can_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recipe", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == "EmoNet recipe"
    assert schema["additionalProperties"] is False


def test_each_key_is_listed_with_what_it_takes_and_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recipe", "keys", "--json"]) == 0
    listed = {(key["group"], key["key"]): key for key in json.loads(capsys.readouterr().out)}
    batch = listed["training", "batch"]
    assert (batch["takes"], batch["default"], batch["meaning"]) == ("whole number, 1 or more", "64", "Clips a step.")
    assert listed["", "protocol"]["needed"]
    assert not listed["", "seeds"]["needed"]
    assert run_command(["recipe", "keys"]) == 0
    out = capsys.readouterr().out
    assert "Training of networks (`training`)" in out
    assert "Clips a step." in out


def test_the_keys_are_listed_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recipe", "keys", "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| `batch` | whole number, 1 or more | `64` | Clips a step. |" in lines
    assert "## Training of networks (`training`)" in lines
