"""A transformer's weights read as words, without running it.

    import weightscope as ws

    model = ws.open("sample")
    model.neuron(0, 381).to_pandas()

Every question that the command line, the page and the HTTP API know is a method of a `Model`, with the same names in
Python's spelling; what has no model of its own (`ws.models()`, `ws.compare(a, b)`) is a function here.
"""

from __future__ import annotations

from ._errors import WeightscopeError
from ._model import Model
from ._reading import Reading
from ._session import Session

__all__ = ["Model", "Reading", "Session", "WeightscopeError", "close", "compare", "from_state_dict", "models", "open"]

_session = Session()

open = _session.open
from_state_dict = _session.from_state_dict
models = _session.models
compare = _session.compare
close = _session.close
