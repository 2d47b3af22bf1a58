"""What `print` shows of an answer, and what is said where a package is missing."""

from __future__ import annotations

from typing import Any

import pytest
import weightscope as ws


def test_a_reading_prints_as_its_words(model: ws.Model) -> None:
    reading = model.neuron(0, 381, k=3)
    first, heading, *rows = str(reading).split("\n")
    assert first == repr(reading)
    assert heading.split() == ["part", "end", "rank", "id", "token", "label", "score"]
    assert len(rows) == 9
    assert "·whilst" in rows[2] and "20.96" in rows[2]
    assert str(model.neuron(0, 381, k=50)).endswith("… 130 more rows")


def test_a_token_never_breaks_a_line(model: ws.Model) -> None:
    printed = str(model.tokens(text="\n"))
    assert "\\n" in printed and len(printed.split("\n")) == 3


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_missing_package_is_named(model: ws.Model, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    def absent(wanted: str) -> Any:
        raise ModuleNotFoundError(f"No module named {wanted!r}", name=wanted)

    reading = model.neuron(0, 381, k=1)
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {name}"):
        getattr(reading, f"to_{name}")()
