"""Python's values as a question takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._errors import WeightscopeError


def given(asked: dict[str, Any]) -> dict[str, Any]:
    """What was said, without what was not."""
    return {name: _value(name, value) for name, value in asked.items() if value is not None}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    if hasattr(value, "_session") and hasattr(value, "id"):  # a model
        return value.id
    if hasattr(value, "item"):  # a number of numpy or torch
        return value.item()
    if isinstance(value, tuple) and name in ("from", "to"):
        return ":".join(map(str, value))
    if isinstance(value, Sequence):
        if any("," in str(one) for one in value):
            sentence = f"Expected words without commas in `{name}`, got {list(value)!r}."[:300]
            raise WeightscopeError("ARGUMENT_INVALID", sentence)
        return ",".join(map(str, value))
    raise WeightscopeError("ARGUMENT_INVALID", f"Expected `{name}` to be text or a number, got {type(value).__name__}.")
