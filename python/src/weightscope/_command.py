"""The command `weightscope`: the JavaScript's own."""

from __future__ import annotations

import os
import subprocess
import sys

from ._place import javascript, node


def main() -> int:
    command = [node(), str(javascript() / "dist/cli/main.js"), *sys.argv[1:]]
    if os.name == "posix":  # this process becomes it: signals and the exit status are its own
        os.execv(command[0], command)
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
