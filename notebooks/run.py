"""Runs notebooks/tour.ipynb with Deno's Jupyter kernel, headless, and compares every output with the one in the file.

python notebooks/run.py            # needs: pip install deno jupyter_client nbformat
python notebooks/run.py --update   # writes the outputs into the file
"""

from __future__ import annotations

import json
import os
import queue
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from deno import find_deno_bin  # the package brings the program
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpecManager

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE / "tour.ipynb"
PATIENCE_S = 300  # for one message, on a busy machine


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


def answers(client: BlockingKernelClient, source: str, wanted: int) -> list[Any]:
    """
    What a cell shows. Deno's kernel may say that it is idle before all of it has arrived: it is waited for until
    `wanted` outputs are there, so that none is lost or taken for the next cell's.
    """
    asked = client.execute(source)
    outputs: list[Any] = []
    idle = False
    while not idle or len(outputs) < wanted:
        try:
            message = client.get_iopub_msg(timeout=PATIENCE_S)
        except queue.Empty:
            return outputs
        if message["parent_header"].get("msg_id") != asked:
            continue
        if message["header"]["msg_type"] == "status":
            idle = message["content"]["execution_state"] == "idle"
        elif message["header"]["msg_type"] in ("execute_result", "display_data", "stream", "error"):
            outputs.append(nbformat.v4.output_from_msg(message))
    return outputs


def run(cells: list[Any], wanted: list[int]) -> None:
    """Fills the cells with what they show, from the first to the last, by a kernel of its own."""
    # Outputs are compared as plain text. A colour that is forced from outside would win over NO_COLOR.
    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"} | {"NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder:
        manager = KernelManager(kernel_name="deno", kernel_spec_manager=kernels(Path(folder)))
        manager.start_kernel(cwd=str(HERE), env=environment)
        client = manager.client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=PATIENCE_S)
            for cell, count in zip(cells, wanted):
                if cell.cell_type == "code":
                    cell.outputs = answers(client, cell.source, count)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def main(update: bool) -> int:
    before = nbformat.read(NOTEBOOK, as_version=4)
    now = nbformat.read(NOTEBOOK, as_version=4)
    # Each cell shows its last value; how much more it shows is not known when the file is written anew.
    run(now.cells, [1 if update else len(cell.get("outputs", [])) for cell in before.cells])
    if update:
        nbformat.write(now, NOTEBOOK)
        return 0
    pairs = list(zip(before.cells, now.cells))
    different = [number for number, (was, is_) in enumerate(pairs) if shown(was) != shown(is_)]
    for number in different:
        was, is_ = pairs[number]
        print(f"cell {number}: expected\n{shown(was)}\ngot\n{shown(is_)}"[:4000])
    print(f"{len(pairs)} cells, {len(different)} with other outputs than in {NOTEBOOK.name}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
