"""A full disk, explained."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emonet.errors import CorpusError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def explaining_a_full_disk(what: str, folder: Path) -> Iterator[None]:
    """Turn the operating system's word for a full disk into one that helps.

    Raises:
        CorpusError: the disk or the user's share of it is full while ``what`` is written below ``folder``.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        free = shutil.disk_usage(folder).free / 2**20
        raise CorpusError(
            f"{folder}: the disk is full ({free:.0f} MiB free) while writing {what}. Nothing half-made is left. "
            "Make room, or let EMONET_HOME name a folder on another disk; then the same command goes on."
        ) from error
