"""Names under which modules keep what belongs to a task or a layer."""

from __future__ import annotations

from torch import nn

_EMPTY = nn.ModuleDict()


def task_key(task: str) -> str:
    """Return the name under which a task's head is kept: the id, with what module names cannot hold quoted.

    >>> task_key("foo/emotion"), task_key("foo/v1.2"), task_key("type")
    ('foo/emotion', 'foo/v1%2E2', '%74ype')
    """
    return _usable(task.replace("%", "%25").replace(".", "%2E"))


def layer_key(path: str) -> str:
    """Return the name under which a layer's private tensors are kept.

    >>> layer_key("stages.0.conv"), layer_key("keys")
    ('stages/0/conv', '%6Beys')
    """
    return _usable(path.replace("%", "%25").replace("/", "%2F").replace(".", "/"))


def _usable(key: str) -> str:
    # A module's name must not be one of its container's own attributes.
    return f"%{ord(key[0]):02X}{key[1:]}" if key and hasattr(_EMPTY, key) else key
