"""A neuron's, head's or token's reading as the explorer's own card, where anywidget is installed.

The card is a script of the page's components (explorer/src/notebook) that is given the answer: it asks nobody anything.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from ._place import javascript

if TYPE_CHECKING:
    from ._reading import Reading

# Questions whose answers have a card.
CARDS = ("neuron", "head", "token")
# What is longer stays with the process: as HTML it is cut to what can be looked at.
LONGEST = 2_000_000


def card_of(reading: Reading) -> Any | None:
    """A widget that shows it; None where it has no card, or anywidget is not installed."""
    made = _widget() if reading._question in CARDS else None
    answered = reading._answered()
    if made is None or len(json.dumps(answered)) > LONGEST:
        return None
    return made(answered=answered)


@functools.cache
def _widget() -> Any | None:
    try:
        import anywidget
        import traitlets
    except ImportError:
        return None

    class Card(anywidget.AnyWidget):  # type: ignore[misc,unused-ignore]
        _esm = (javascript() / "explorer/dist-widget/card.js").read_text("utf8")
        answered = traitlets.Dict().tag(sync=True)

    return Card
