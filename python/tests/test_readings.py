"""Readings are the library's, to the last bit."""

from __future__ import annotations

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import weightscope as ws
from weightscope._place import javascript, node

LIBRARY = Path(__file__).parent / "library.mjs"


@pytest.fixture(scope="module")
def library() -> Any:
    """What the library's own functions give."""
    found = subprocess.run([node(), LIBRARY, javascript()], capture_output=True, check=True)
    return json.loads(found.stdout)


def test_readings_equal_the_librarys(model: ws.Model, library: Any) -> None:
    mine = {
        "neuron": model.neuron(4, 100, k=7, bottom=3).parts,
        "cosine": model.neuron(2, 7, k=4, normalize="cosine", fold_norm=True).parts,
        "head": model.head(1, 5, k=6, above=75, exclude_same=True, only_alnum=True).vo,
        "histogram": model.histogram(3, 11, bins=12).parts,
        "numbers": model.neuron_numbers(1, 9, part="key").values,
        "similar": model.similar(4, 100, part="value", k=5).neurons,
        "row": model.head_row(1, 5, matrix="qk", id=540, k=5, bottom=2).top,
        "heat": model.heat_map(5, 2, matrix="vo", rows=4, columns=3).scores,
        "vector": model.vector('tok:" king" - tok:" man"', normalize="cosine", k=6).top,
        "tokens": model.tokens(prefix="king", k=9).tokens,
        "token": model.token(3261, k=3).neurons,
    }
    assert len(mine) == len(library) == 11
    for name, reading in mine.items():
        assert reading == library[name], name


def test_what_is_wrong_is_an_exception_with_its_code(model: ws.Model) -> None:
    with pytest.raises(ws.WeightscopeError, match=r"Expected `layer` to be 0\.\.5, got 99") as caught:
        model.neuron(99, 0)
    assert caught.value.code == "OUT_OF_RANGE"
    for wrong in (
        lambda: model.neuron(4, 100, normalize="mean"),  # type: ignore[arg-type]
        lambda: model.neuron("4; 5", 100),  # type: ignore[arg-type]
        lambda: model.neuron(4, 100, only_from=["a,b"]),
        lambda: model.neuron(4, 100, k=object()),  # type: ignore[arg-type]
        lambda: model.vector(""),
    ):
        with pytest.raises(ws.WeightscopeError) as caught:
            wrong()
        assert caught.value.code == "ARGUMENT_INVALID"
    with pytest.raises(ws.WeightscopeError) as caught:
        ws.open("no/such/file.safetensors")
    assert caught.value.code == "SOURCE_NOT_FOUND"
    with pytest.raises(ws.WeightscopeError) as caught:
        model.search("king")
    assert caught.value.code == "ATLAS_MISSING"


def test_lists_are_given_as_lists_or_with_commas(model: ws.Model) -> None:
    both = model.neuron(4, 100, parts=["key", "value"], only_from=[" king", " queen", "x"])
    assert list(both.parts) == ["key", "value"]
    assert both.data == model.neuron(4, 100, parts="key,value", only_from=" king, queen,x").data


def test_a_model_may_stand_for_its_id(model: ws.Model) -> None:
    with ws.open("sample") as other:
        assert model.diff(other, k=1).same is True
        assert ws.compare(model, other).a == "sample"


def test_every_question_has_a_docstring_with_each_of_its_parameters() -> None:
    methods = [method for name, method in inspect.getmembers(ws.Model, inspect.isfunction) if name[0] != "_"]
    assert len(methods) > 30
    for method in methods:
        parameters = [name for name in inspect.signature(method).parameters if name != "self"]
        for name in parameters:
            assert f"    {name}: " in (method.__doc__ or ""), f"{method.__name__}: {name}"


def test_a_reading_says_what_it_has(model: ws.Model) -> None:
    reading = model.neuron(4, 100, k=2)
    assert repr(reading) == "NeuronReading(model='sample', layer=4, neuron=100, normalize='freq')"
    assert "cosines" in dir(reading)
    assert reading["parts"] is reading.parts
    assert json.loads(reading.to_json()) == reading.to_dict()
    with pytest.raises(AttributeError, match="it has model, layer, neuron"):
        reading.tomato  # noqa: B018
    assert model.head(1, 5, k=1, matrix="vo").qk is None
