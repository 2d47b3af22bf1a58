"""What a notebook is given to show; that it is seen there, notebooks.mjs tests in a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import weightscope as ws
from weightscope._card import _widget, card_of

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    _widget.cache_clear()
    yield
    _widget.cache_clear()


def test_without_anywidget_a_reading_is_html(model: ws.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    reading = model.neuron(4, 100, k=3)
    assert reading._repr_mimebundle_() is None
    assert "·Prince" in reading.to_html()
    assert reading._repr_html_() == reading.to_html()


def test_a_neuron_a_head_and_a_token_are_cards_and_nothing_else_is(model: ws.Model) -> None:
    pytest.importorskip("anywidget", reason="a card needs it: pip install './python[widget]'")
    for reading in (model.neuron(4, 100, k=3), model.head(1, 5, k=3), model.token(3261, k=3)):
        data, _ = reading._repr_mimebundle_()
        assert data[VIEW]["model_id"] and data["text/plain"] == repr(reading)
        card: Any = card_of(reading)
        assert card.answered["answer"] == reading.data
        assert len(card._esm) < 60_000
    assert model.tokens(prefix="king", k=2)._repr_mimebundle_() is None


def test_what_is_too_long_for_a_notebook_is_html(model: ws.Model) -> None:
    reading = model.head(1, 5, k=9000, normalize="none")
    assert len(reading.to_json()) > 2_000_000
    assert reading._repr_mimebundle_() is None
