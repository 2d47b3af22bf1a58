"""Runs notebooks/tour.ipynb with Deno's Jupyter kernel, headless, and compares every output with the one in the file.

python notebooks/run.py            # needs: pip install deno nbclient
python notebooks/run.py --update   # writes the outputs into the file
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from deno import find_deno_bin  # the package brings the program
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE / "tour.ipynb"


def kernels(folder: Path) -> KernelSpecManager:
    """Deno's kernel in a folder of its own: nothing of the user's is touched."""
    spec = {
        "argv": [find_deno_bin(), "jupyter", "--kernel", "--conn", "{connection_file}"],
        "display_name": "Deno",
        "language": "typescript",
    }
    (folder / "deno").mkdir()
    (folder / "deno/kernel.json").write_text(json.dumps(spec), "utf8")
    return KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)


def shown(cell: Any) -> list[Any]:
    """What a cell shows, whatever its number and order of types."""
    return [
        {"data": dict(sorted(output.data.items()))} if "data" in output else {"text": output.get("text", str(output))}
        for output in cell.get("outputs", [])
    ]


def run() -> list[Any]:
    """The notebook's cells, run once from the first to the last by a kernel of its own."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("NO_COLOR", "1")
        manager = AsyncKernelManager(kernel_name="deno", kernel_spec_manager=kernels(Path(folder)))
        client = NotebookClient(notebook, km=manager, timeout=300, resources={"metadata": {"path": str(HERE)}})
        try:
            client.execute()
        finally:
            # A manager that was given from outside is not the client's to end.
            asyncio.run(manager.shutdown_kernel(now=True))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook.cells


def whole(wanted: list[bool]) -> list[Any]:
    """
    The cells with all their outputs. Deno's kernel may say that it is idle before what a cell shows has arrived, and
    nbclient then loses it: a cell that showed nothing, and is wanted to show something, is taken from another run.
    """
    cells = run()
    for _ in range(3):
        if all(cell.get("outputs") or not shows for cell, shows in zip(cells, wanted)):
            break
        cells = [cell if cell.get("outputs") else other for cell, other in zip(cells, run())]
    return cells


def main(update: bool) -> int:
    before = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell.cell_type == "code" for cell in before.cells]
    # What was lost when the file was written cannot be told from a cell that shows nothing: two runs at least.
    cells = whole(code if update else [bool(cell.get("outputs")) for cell in before.cells])
    if update:
        before.cells = cells
        nbformat.write(before, NOTEBOOK)
        return 0
    pairs = zip(before.cells, cells)
    different = [number for number, (was, now) in enumerate(pairs) if shown(was) != shown(now)]
    for number in different:
        print(f"cell {number}: expected\n{shown(before.cells[number])}\ngot\n{shown(cells[number])}"[:4000])
    print(f"{len(cells)} cells, {len(different)} with other outputs than in {NOTEBOOK.name}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
