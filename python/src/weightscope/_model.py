"""An opened model."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from ._errors import WeightscopeError
from ._given import given
from ._questions import ModelQuestions

if TYPE_CHECKING:
    from ._process import NodeProcess
    from ._reading import Reading
    from ._session import Session


class Model(ModelQuestions):
    """An opened model: a method for every question. Closed when nothing holds it, or by `close` or a `with` block."""

    def __init__(self, session: Session, request: dict[str, Any]) -> None:
        self._session = session
        self._request = request
        self._process: NodeProcess | None = None
        self._closing: weakref.finalize[..., Any] | None = None
        self._name = ""
        self._id = ""
        self._closed = False
        self.id  # opens it: what is wrong with a model is said at once

    @property
    def id(self) -> str:
        """What it is called among the session's models; opened again where the process was started anew."""
        if self._closed:
            raise WeightscopeError("MODEL_UNKNOWN", f"{self._name} was closed; open it again to ask more.")
        process = self._session._started()
        if self._process is not process:
            opened = self._session._request({"open": self._request})
            self._id, self._name = opened["id"], opened["name"]
            self._process = process
            self._closing = weakref.finalize(self, _close, process, self._id)
            self._closing.atexit = False  # the process ends then
        return self._id

    @property
    def name(self) -> str:
        """Where it is from."""
        return self._name

    def close(self) -> None:
        """Closes it: its file is let go."""
        self._closed = True
        if self._closing and self._closing.detach() and self._process and self._process.alive:
            self._process.request({"close": self._id})

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Model({self._name!r})"

    def _ask(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Any:
        return self._session._answer(reading, question, given({"model": self.id, **asked}))


def _close(process: NodeProcess, name: str) -> None:
    if process.alive:
        process.tell({"close": name})
