"""The one form in which a recipe names a component: ``name``, or ``{name: {options}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator


class Choice(BaseModel):
    """A component by name, with its options.

    >>> Choice.model_validate("foo").name, Choice.model_validate({"foo": {"size": 3}}).options
    ('foo', {'size': 3})
    """

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_mode_override="validation")

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value, "options": {}}
        if isinstance(value, Mapping) and len(value) == 1:
            name, options = next(iter(value.items()))
            if options is None or isinstance(options, Mapping):
                return {"name": name, "options": dict(options or {})}
        if isinstance(value, Mapping) and set(value) == {"name", "options"}:
            return value
        raise ValueError(f"expected a name, or {{name: {{options}}}}, found {value!r}")

    @model_serializer
    def _to_short_form(self) -> str | dict[str, dict[str, Any]]:
        return {self.name: self.options} if self.options else self.name

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Describe the short forms, for editors."""
        options = {"type": ["object", "null"]}
        long = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": options}
        return {"anyOf": [{"type": "string"}, long]}

    def __str__(self) -> str:
        """Return the choice as a person would write it on one line."""
        written = ", ".join(f"{key}: {value}" for key, value in sorted(self.options.items()))
        return f"{self.name} {{{written}}}" if written else self.name
