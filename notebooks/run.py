"""Runs notebooks/tour.ipynb with Deno's Jupyter kernel, headless, and compares every output with the one in the file.

python notebooks/run.py            # needs: pip install deno nbclient
python notebooks/run.py --update   # writes the outputs into the file
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from deno import find_deno_bin  # the package brings the program
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


def main(update: bool) -> int:
    before = nbformat.read(NOTEBOOK, as_version=4)
    ran = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("NO_COLOR", "1")
        from jupyter_client import AsyncKernelManager

        manager = AsyncKernelManager(kernel_name="deno", kernel_spec_manager=kernels(Path(folder)))
        client = NotebookClient(ran, km=manager, timeout=300, resources={"metadata": {"path": str(HERE)}})
        client.execute()
    for cell in ran.cells:
        cell.metadata.pop("execution", None)
    if update:
        nbformat.write(ran, NOTEBOOK)
        return 0
    pairs = zip(before.cells, ran.cells)
    different = [number for number, (was, now) in enumerate(pairs) if shown(was) != shown(now)]
    for number in different:
        print(f"cell {number}: expected\n{shown(before.cells[number])}\ngot\n{shown(ran.cells[number])}"[:4000])
    print(f"{len(ran.cells)} cells, {len(different)} with other outputs than in {NOTEBOOK.name}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
