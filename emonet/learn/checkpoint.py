"""Weights on disk: safetensors with their facts as JSON inside, and one digest of both, compared at every reading."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from emonet.corpus.readers.members import is_lfs_pointer
from emonet.errors import Damaged, EmonetError
from emonet.files import replacing

_FACTS, _DIGEST = "emonet", "sha256"


def save_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and JSON facts with their digest, atomically.

    Raises:
        OSError: they cannot be written; the disk may be full.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    digest = tensors_digest(plain, json.dumps(facts, sort_keys=True))
    # In one entry, for safetensors writes several in any order, and the same weights should be the same file.
    text = json.dumps({**facts, _DIGEST: digest}, sort_keys=True)
    with replacing(path) as temporary:
        try:
            save_file(plain, temporary, metadata={_FACTS: text})
        except SafetensorError as problem:
            raise _systems_error(problem, path) or problem from None


def _systems_error(problem: SafetensorError, path: Path) -> OSError | None:
    """Return the error of the operating system that safetensors passes on as text, a full disk above all."""
    found = re.search(r"\(os error (\d+)\)", str(problem))
    return OSError(int(found[1]), os.strerror(int(found[1])), str(path)) if found else None


def restate(path: Path, changes: Mapping[str, Any]) -> None:
    """Change what a checkpoint states where it states otherwise; its tensors stay."""
    tensors, facts = load_checkpoint(path)
    if {**facts, **changes} != facts:
        save_checkpoint(path, tensors, {**facts, **changes})


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read tensors and facts.

    Raises:
        EmonetError: the file is not a checkpoint of EmoNet, or is damaged.
    """
    advice = "Check the path; if EmoNet wrote it, it is damaged: copy it, or make it, again."
    try:
        with safe_open(path, framework="pt") as file:
            facts = dict(json.loads((file.metadata() or {})[_FACTS]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as problem:
        with path.open("rb") as opened:
            if is_lfs_pointer(opened):
                message = f"{path}: a Git LFS pointer stands here in place of the file."
                raise EmonetError(f"{message} Run git lfs pull in the repository that it comes from.") from None
        raise EmonetError(f"{path}: not a checkpoint of EmoNet ({problem}). {advice}") from problem
    digest = facts.pop(_DIGEST, "")
    if tensors_digest(tensors, json.dumps(facts, sort_keys=True)) != digest:
        reason = "its tensors and facts are not those it was written with"
        reason = reason if digest else "it holds no digest, or an earlier EmoNet wrote it"
        raise Damaged(path, reason, "Copy it again from where it came from, or make it again.")
    return tensors, facts


def tensors_digest(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    """Return the SHA-256 of a text and of each tensor's name, type, shape and bytes."""
    digest = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        plain = tensor.detach().cpu().contiguous()
        digest.update(f"\n{name} {plain.dtype} {tuple(plain.shape)}\n".encode())
        digest.update(plain.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
