"""The machine that numbers come from: what, beside code and data, their last digits depend on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from emonet.errors import EmonetError

LIBRARIES = ("emonet", "torch", "numpy", "scikit-learn", "opensmile")
"""Libraries whose versions a result may depend on; all that an SVM depends on."""
_PACKAGES = (
    *LIBRARIES,
    "torchaudio",
    "soundfile",
    "soxr",
    "datasets",
    "pyarrow",
    "safetensors",
    "pydantic",
    "pluggy",
)
"""What a run notes the versions of."""


def machine_of(device: Any) -> dict[str, str]:
    """Return what training on a torch device depends on, each as text: processor, threads, precision, versions."""
    import torch

    cuda = torch.device(device).type == "cuda"
    tf32 = {"matmul": torch.backends.cuda.matmul.allow_tf32, "convolutions": torch.backends.cudnn.allow_tf32}
    allowed = ", ".join(what for what, is_allowed in tf32.items() if is_allowed) or "no"
    return {
        "processor": f"{_processor()}, {torch.backends.cpu.get_cpu_capability()}",
        "device": torch.cuda.get_device_name(device) if cuda else str(device),
        "threads": str(torch.get_num_threads()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "unset"),
        "precision of products": torch.get_float32_matmul_precision(),
        **({"TF32": allowed} if cuda else {}),
        "python": platform.python_version(),
        **_versions(LIBRARIES),
        "torch": torch.__version__,  # with what it was built for
    }


def differences(one: Mapping[str, str], other: Mapping[str, str], *, of: Iterable[str] = ()) -> str:
    """Return in words where two machines differ, nothing where they do not.

    >>> differences({"threads": "1", "torch": "2.9"}, {"threads": "4", "torch": "2.9"})
    'threads 1 and 4'
    """
    names = tuple(of) or tuple(dict.fromkeys([*one, *other]))
    pairs = [(name, one.get(name, "unknown"), other.get(name, "unknown")) for name in names]
    return ", ".join(f"{name} {first} and {second}" for name, first, second in pairs if first != second)


@cache
def _processor() -> str:
    """Return the processor's name; Linux has it in a file of its own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    found = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return found or platform.processor() or platform.machine() or "unknown"


@cache
def _versions(names: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def chosen_device(name: str) -> Any:
    """Return the torch device called ``name``; ``auto`` takes a GPU where there is one.

    Raises:
        EmonetError: the device is not there.
    """
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    count = torch.cuda.device_count()
    there = {"cpu": True, "cuda": (device.index or 0) < count, "mps": torch.backends.mps.is_available()}
    if not there[device.type]:
        raise EmonetError(f"The device '{name}' is not there. Choose auto or cpu.")
    return device


def environment(base: Path) -> dict[str, Any]:
    """Return versions, platform and the git state of the folder that the recipe lies in."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": sys.argv[1:],
        "packages": dict(_versions(_PACKAGES)),
        "git": git_state(base),
    }


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit and uncommitted changes of a folder's repository, None where there is none."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit.strip(), "changed": (_git(folder, "status", "--porcelain") or "").splitlines()}


def _git(folder: Path, *words: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, "-C", str(folder), *words], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else None


def checked_device(device: str) -> str:
    """Return the name of a device.

    Raises:
        EmonetError: it is not like the name of one.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device):
        raise EmonetError(f"{device!r} is not a device. Expected auto, cpu, cuda, cuda:N or mps")
    return device
