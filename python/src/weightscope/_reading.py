"""An answer: its fields, frames, HTML, card."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from ._card import card_of
from ._errors import WeightscopeError

if TYPE_CHECKING:
    import pandas
    import polars

    from ._session import Session

Columns = dict[str, list[Any]]


class Reading:
    """What a question is answered with.

    `data` is the answer as the HTTP API gives it; its fields are attributes too, in Python's spelling
    (`reading.effective_rank`). `to_pandas()` and `to_polars()` make a frame of it; in a notebook it shows itself.
    """

    # What it is made of, whose types are those of each question's own class.
    data: Any

    def __init__(self, data: Any, session: Session, question: str, asked: dict[str, Any]) -> None:
        self.data = data
        self._session = session
        self._question = question
        self._asked = asked
        self._frames: dict[str, Columns] | None = None

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            data = self.__dict__.get("data", {})
            if name in self._fields():
                return data.get(_camel(name))
        raise AttributeError(f"{type(self).__name__} has no {name!r}; it has {', '.join(self._fields())}.")

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields()]

    @classmethod
    def _fields(cls) -> list[str]:
        return [name for name in cls.__annotations__ if name != "data"]

    def __repr__(self) -> str:
        fields = {name: self.data.get(_camel(name)) for name in self._fields()}
        plain = [f"{name}={value!r}" for name, value in fields.items() if isinstance(value, (str, int, float, bool))]
        return f"{type(self).__name__}({', '.join(plain)})"

    def __str__(self) -> str:
        """What `print` shows: the name of the answer, and the first rows of its table."""
        columns = self._columns(None)
        rows = list(zip(*([_text(value) for value in values] for values in columns.values())))
        if not rows:
            return repr(self)
        table = [tuple(columns), *rows[:_PRINTED]]
        widths = [max(len(cell) for cell in column) for column in zip(*table)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
        more = [f"… {len(rows) - _PRINTED} more rows"] if len(rows) > _PRINTED else []
        return "\n".join([repr(self), *lines, *more])

    def to_dict(self) -> Any:
        """The answer as the HTTP API gives it."""
        return self.data

    def to_json(self, **options: Any) -> str:
        """The answer as JSON text; `options` are those of `json.dumps`."""
        return json.dumps(self.data, **{"ensure_ascii": False, **options})

    @property
    def frames(self) -> dict[str, Columns]:
        """Every table in the answer, by name, as columns: `main` first where the question has one of its own."""
        if self._frames is None:
            self._frames = self._session._request({"frames": self._answered()})
        return self._frames

    def to_pandas(self, frame: str | None = None) -> pandas.DataFrame:
        """The answer's table as a pandas frame; `frame` names another of `frames`. Needs `pandas`."""
        pd = _needed("pandas")
        made: pandas.DataFrame = pd.DataFrame({name: _pandas(values) for name, values in self._columns(frame).items()})
        return made

    def to_polars(self, frame: str | None = None) -> polars.DataFrame:
        """The answer's table as a polars frame; `frame` names another of `frames`. Needs `polars`."""
        pl = _needed("polars")
        made: polars.DataFrame = pl.DataFrame({name: _uniform(values) for name, values in self._columns(frame).items()})
        return made

    def to_html(self) -> str:
        """The answer as HTML that stands by itself: words and pairs with bars, numbers as pictures and tables."""
        return str(self._session._request({"html": self._answered()}))

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """For Jupyter: a card, beside the HTML for who has no widgets."""
        card = card_of(self)
        if card is None:
            return None
        data, metadata = card._repr_mimebundle_(include=include, exclude=exclude)
        return {**data, "text/plain": repr(self)}, metadata

    def _display_(self) -> Any:
        """For marimo."""
        import marimo

        return card_of(self) or marimo.Html(self.to_html())

    def _columns(self, frame: str | None) -> Columns:
        if frame is None:
            return next(iter(self.frames.values()), {})
        if frame not in self.frames:
            known = ", ".join(self.frames) or "none"
            raise WeightscopeError("ARGUMENT_INVALID", f"Expected a table of this reading ({known}), got {frame!r}.")
        return self.frames[frame]

    def _answered(self) -> dict[str, Any]:
        return {"question": self._question, "asked": self._asked, "answer": self.data}


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        message = f"Expected {name} to be installed for this, found none: pip install {name} (to_dict() needs nothing)."
        raise ModuleNotFoundError(message, name=name) from error


_PRINTED = 20


def _text(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text if len(text) <= 40 else text[:39] + "…"


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _uniform(values: list[Any]) -> list[Any]:
    """JSON writes 5.0 as 5: a column with one fraction is a column of fractions."""
    if any(isinstance(value, float) for value in values):
        return [float(value) if isinstance(value, int) and not isinstance(value, bool) else value for value in values]
    return values


def _pandas(values: list[Any]) -> Any:
    """Whole numbers stay whole where some are missing."""
    import pandas as pd

    present = [value for value in values if value is not None]
    if len(present) == len(values):
        return _uniform(values)
    if not present:
        return values
    if all(isinstance(value, bool) for value in present):
        return pd.array(values, dtype="boolean")
    if all(isinstance(value, int) for value in present):
        return pd.array(values, dtype="Int64")
    return _uniform(values)
