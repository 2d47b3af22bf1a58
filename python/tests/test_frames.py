"""Answers as frames and as HTML."""

from __future__ import annotations

import pytest
import weightscope as ws

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")


def test_a_neuron_is_a_frame_of_both_kinds(model: ws.Model) -> None:
    reading = model.neuron(4, 100, k=5, bottom=1)
    frame = reading.to_pandas()
    assert list(frame.columns) == ["part", "end", "rank", "id", "token", "label", "score"]
    assert len(frame) == 18
    top = frame[(frame.part == "value") & (frame.end == "top")]
    assert list(top.token) == [word["token"] for word in reading.parts.get("value", {"top": []})["top"]]
    assert frame.score.dtype == "float64"
    assert reading.to_polars().to_dict(as_series=False) == frame.to_dict("list")


def test_answers_have_frames_and_html(model: ws.Model) -> None:
    answers = [
        ws.models(),
        model.model_info(),
        model.histogram(0, 0, bins=4),
        model.similar(0, 0, k=2),
        model.neuron_numbers(0, 0),
        model.token_map(0, 0, n=3),
        model.head(1, 5, k=3),
        model.pair_count(1, 5, above=100),
        model.score_curve(1, 5, points=5),
        model.head_row(1, 5, id=100, k=3),
        model.spectrum(1, 5, directions=1, k=2),
        model.heat_map(1, 5, rows=3, columns=3),
        model.vector('tok:" king"', k=3),
        model.tokens(prefix="king"),
        model.token(100, k=2),
        model.statistic_names("heads"),
        model.doctor(),
        model.resolve("king"),
        ws.compare(model, model),
    ]
    for answer in answers:
        for name in answer.frames:
            assert len(answer.to_pandas(name)) > 0, answer
            assert answer.to_polars(name).shape == answer.to_pandas(name).shape
        assert len(answer.to_pandas()) > 0
        html = answer._repr_html_()
        assert html.startswith('<div class="weightscope-reading">') and html.endswith("</div>")


def test_whole_numbers_stay_whole_where_some_are_missing(model: ws.Model) -> None:
    frame = model.token(100, k=2).to_pandas()
    assert str(frame.neuron.dtype) == str(frame["head"].dtype) == "Int64"


def test_another_frame_is_named(model: ws.Model) -> None:
    reading = model.token(100, k=2)
    assert len(reading.to_pandas("nearest")) == 2
    with pytest.raises(ws.WeightscopeError, match="Expected a table of this reading"):
        reading.to_polars("tomato")
