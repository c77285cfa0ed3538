"""Arrow files of either kind, opened without a copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def open_arrow(path: Path) -> pa.Table:
    """Map an Arrow file into memory, be it a stream (what ``datasets`` writes) or a file with a footer.

    Raises:
        pyarrow.ArrowInvalid: it is neither, or one whose offsets lead elsewhere.
    """
    import pyarrow as pa

    source = pa.memory_map(str(path))
    try:
        table = pa.ipc.open_stream(source).read_all()
    except pa.ArrowInvalid:
        source.seek(0)
        table = pa.ipc.open_file(source).read_all()
    # Without this, an offset that leads beyond the file would crash the interpreter, or give what lies there.
    table.validate(full=True)
    return table
