"""Opening test: the one way to a stage's test part, which is noted before anything of it is handed out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from emonet.atomic import write_json
from emonet.stage import Stage

_OPENED = "test_opened.json"


def open_test(stage: Stage, folder: Path) -> Stage:
    """Return the stage with the test part of its tasks and no other, after noting that in the stage's folder."""
    write_json(folder / _OPENED, tests_opened(folder) + 1)
    return replace(stage, tasks=tuple(replace(task, items={"test": task.items["test"]}) for task in stage.tasks))


def tests_opened(folder: Path) -> int:
    """Return how often the test part of a stage was opened: once, or more if that was interrupted."""
    path = folder / _OPENED
    return int(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else 0
