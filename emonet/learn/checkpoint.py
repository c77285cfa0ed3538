"""Weights on disk: safetensors with their facts as JSON inside; one file, so never half of a pair."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from emonet.atomic import replacing
from emonet.errors import EmonetError

_FACTS = "emonet"


def save_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON facts atomically."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        save_file(plain, temporary, metadata={_FACTS: json.dumps(facts, sort_keys=True)})


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read tensors and facts.

    Raises:
        EmonetError: the file is no checkpoint of EmoNet.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})[_FACTS])
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118 - no mapping
    except (SafetensorError, KeyError, ValueError) as problem:
        advice = "Check the path; if EmoNet wrote it, remove it and run again."
        raise EmonetError(f"{path}: not a checkpoint of EmoNet ({problem}). {advice}") from problem
