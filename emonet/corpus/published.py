"""What may stand under ``paper`` in a card file: the results that the EmoNet paper reports for the corpus."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Percent = Annotated[float, Field(ge=0, le=100)]


class PublishedResultEntry(BaseModel):
    """See ``PublishedResult``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    strategy: str
    test: Percent
    dev: Percent | None = None
    checkpoint: Literal["best", "final"] = "best"
    mark: Literal["+", "-", ""] = ""


class Table1Entry(BaseModel):
    """See ``Table1``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: Annotated[int, Field(ge=1)]
    classes: Annotated[int, Field(ge=2)]
    speakers: int | None
    mean_duration: Annotated[float, Field(gt=0)]
    std_duration: Annotated[float, Field(ge=0)]
    hours: Annotated[float, Field(gt=0)]


class PublishedEntry(BaseModel):
    """See ``Published``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chance: Percent
    results: Annotated[tuple[PublishedResultEntry, ...], Field(min_length=1)]
    table1: Table1Entry | None = None
