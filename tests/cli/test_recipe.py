from __future__ import annotations

import json

import pytest

from emonet.cli.app import run_command


def test_the_schema_is_json_that_an_editor_can_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["recipe", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == "EmoNet recipe"
    assert schema["additionalProperties"] is False
