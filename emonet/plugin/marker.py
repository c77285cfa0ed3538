"""The two markers of the plugin system."""

from __future__ import annotations

import pluggy

PROJECT = "emonet"
"""Name of the project for pluggy, and of the one entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
