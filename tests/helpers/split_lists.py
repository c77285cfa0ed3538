"""Small split lists in the formats of others, written here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def emobox(folder: Path, corpus: str, splits: Mapping[str, Sequence[str]], *, fold: int = 1, end: str = "wav") -> Path:
    """Write EmoBox files for one fold: split -> stems; the label is the stem's middle word."""
    place = folder / corpus / f"fold_{fold}"
    place.mkdir(parents=True, exist_ok=True)
    for split, stems in splits.items():
        rows = [
            {
                "key": f"{corpus}-{stem}",
                "dataset": corpus,
                "wav": f"downloads/{corpus}/{stem}.{end}",
                "type": "raw",
                "sample_rate": 16000,
                "task": "category",
                "emo": stem.split("_")[1] if "_" in stem else "",
                "channel": 1,
            }
            for stem in stems
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (place / f"{corpus}_{split}_fold_{fold}.jsonl").write_text(text)
    return folder / corpus


def superb(folder: Path, session: str, splits: Mapping[str, Sequence[str]]) -> Path:
    """Write SUPERB files for one session: split -> paths."""
    place = folder / session
    place.mkdir(parents=True, exist_ok=True)
    for split, paths in splits.items():
        rows = [{"path": path, "label": "neu", "speaker": "Ses01F"} for path in paths]
        data = {"labels": {"neu": 0}, "meta_data": rows}
        (place / f"{split}_meta_data.json").write_text(json.dumps(data))
    return folder
