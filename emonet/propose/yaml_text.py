"""Plain data as YAML text that comes back as it was, by the rules that cards are read with (YAML 1.2)."""

from __future__ import annotations

import re
from typing import Any

import yaml

from emonet.document import parse_scalar

_PLAIN = re.compile(r"[A-Za-z_][\w ./+-]*(?<! )")


class _Dumper(yaml.SafeDumper):
    """Quotes whatever could be read as something else than text."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: a card is for people."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    is_plain = _PLAIN.fullmatch(text) is not None and parse_scalar(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else "'")


_Dumper.add_representer(str, _text)


def yaml_text(data: Any, *, flow: bool | None = False) -> str:
    """Return data as YAML; ``flow`` writes it on one line in braces."""
    return str(
        yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=flow)
    )
