"""One process, and the models that are open in it."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from ._given import given
from ._model import Model
from ._process import NodeProcess, Progress
from ._questions import SessionQuestions
from ._reading import Reading
from ._state import Config, State, Tokenizer, written

# A wait is worth a line on a terminal after so long.
PATIENCE_S = 2.0


class Session(SessionQuestions):
    """One process that reads models, ended by `close`, a `with` block, or with Python.

    Args:
        engine: What computes: native, wasm or reference; default the best there is.
        progress: Called with the share that is done, 0 to 1, and what is being done; default a line on a terminal.
    """

    def __init__(self, engine: str | None = None, progress: Progress | None = None) -> None:
        self._engine = engine
        self._progress = progress
        self._process: NodeProcess | None = None

    def open(
        self,
        location: str | os.PathLike[str],
        *,
        atlas: str | os.PathLike[str] | None = None,
        adapter: str | os.PathLike[str] | None = None,
        minus: str | os.PathLike[str] | None = None,
    ) -> Model:
        """Opens a model: `sample`, a folder, a .safetensors or .gguf file, a URL, a hub id, a folder of `atlas build`.

        Only headers, config and tokenizer are read at once; weights are read as they are asked for.

        Args:
            location: Where the model is.
            atlas: An atlas of it, for the questions about a whole model (`search`, `sql`, `neuron_rows` …).
            adapter: A PEFT adapter that is put into the weights.
            minus: The base that is taken away, so that only what changed is left.
        """
        request = {
            "location": os.fspath(location),
            **{
                name: os.fspath(value)
                for name, value in {"atlas": atlas, "adapter": adapter, "minus": minus}.items()
                if value is not None
            },
        }
        return Model(self, request)

    def from_state_dict(
        self, state: State, config: Config, *, tokenizer: Tokenizer | None = None, name: str = "state"
    ) -> Model:
        """Opens a model that is in memory: torch tensors or numpy arrays by their names in a checkpoint.

        They are written to a temporary file, tensor by tensor, that is removed when the model is closed or Python ends.

        Args:
            state: Tensors by name, such as `model.state_dict()`, or the torch model itself.
            config: What config.json says, as a mapping, a path, or a `transformers` config.
            tokenizer: A `transformers` or `tokenizers` tokenizer, or the path of a tokenizer.json or its folder;
                without one, tokens are numbers.
            name: What it is called.
        """
        folder = written(state, config, tokenizer)
        try:
            return Model(self, {"location": folder, "name": name, "temporary": folder})
        except BaseException:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)
            raise

    def close(self) -> None:
        """Ends the process. What is asked after that starts a new one."""
        if self._process:
            self._process.close()
        self._process = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _started(self) -> NodeProcess:
        if not self._process or not self._process.alive:
            self._process = NodeProcess(self._engine)
        return self._process

    def _request(self, message: dict[str, Any]) -> Any:
        shown = self._progress or _line()
        try:
            return self._started().request(message, shown)
        finally:
            if isinstance(shown, _Line):
                shown.clear()

    def _answer(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Reading:
        data = self._request({"ask": question, "asked": asked})
        return reading(data, self, question, asked)

    def _ask(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Any:
        return self._answer(reading, question, given(asked))


class _Line:
    """Progress on one line of a terminal, once it takes long."""

    def __init__(self) -> None:
        self._from = time.monotonic() + PATIENCE_S
        self._shown = False

    def __call__(self, done: float, what: str) -> None:
        if time.monotonic() < self._from:
            return
        self._shown = True
        print(f"\r\x1b[K{what} {done:.0%}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _line() -> _Line | None:
    return _Line() if sys.stderr is not None and sys.stderr.isatty() else None
