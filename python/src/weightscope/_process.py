"""One Node process, talked to over its standard input and output: one JSON value a line (src/session/serve.node.ts)."""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from ._errors import WeightscopeError
from ._place import javascript, node

Progress = Callable[[float, str], None]

# So often a waiting call looks whether it was interrupted: Windows wakes no lock for Ctrl-C.
LOOK_S = 0.2
# The last of what the process printed, for the error that says it ended.
KEPT_LINES = 20


class NodeProcess:
    """Started at once; ended with this one, however that ends: then its standard input closes."""

    def __init__(self, engine: str | None = None) -> None:
        program = javascript() / "dist/session/serve.node.js"
        # A group of its own, so that Ctrl-C in a terminal comes to Python alone, which cancels what is asked.
        apart: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]
            if os.name == "nt"
            else {"start_new_session": True}
        )
        self._child = subprocess.Popen(
            [node(), str(program), *([engine] if engine else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **apart,
        )
        self.pid = self._child.pid
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._next = 0
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._printed: list[str] = []
        self._ended = False
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        work = (self._read, self._listen, self._write)
        self._threads = [threading.Thread(target=one, daemon=True, name="weightscope") for one in work]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    @property
    def alive(self) -> bool:
        """Whether it can be asked; a forked copy of this process cannot, and starts its own."""
        return not self._ended and self._child.poll() is None and os.getpid() == self.owner

    def request(self, message: dict[str, Any], progress: Progress | None = None) -> Any:
        """The result of a request. Ctrl-C cancels the work over there, and goes on as `KeyboardInterrupt`."""
        answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with self._lock:
            self._next += 1
            number = self._next
            self._waiting[number] = answers
        try:
            self._send({"id": number, **message})
            while True:
                try:
                    said = answers.get(timeout=LOOK_S)
                except queue.Empty:
                    if self._ended:  # before this one waited
                        raise self._gone() from None
                    continue
                if "progress" in said:
                    if progress:
                        progress(*said["progress"])
                elif "error" in said:
                    raise WeightscopeError(said["error"]["code"], said["error"]["message"])
                else:
                    return said["result"]
        except KeyboardInterrupt:
            self._send({"cancel": number})
            raise
        finally:
            self._waiting.pop(number, None)

    def tell(self, message: dict[str, Any]) -> None:
        """A request whose answer nobody waits for."""
        with self._lock:
            self._next += 1
            number = self._next
        self._send({"id": number, **message})

    def close(self) -> None:
        """Ends it; what waits for an answer gets an error."""
        atexit.unregister(self.close)
        if os.getpid() != self.owner:
            return
        self._lines.put(None)
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        for thread in self._threads:
            thread.join(1)
        for stream in (self._child.stdout, self._child.stderr):
            if stream:
                stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        """By a thread of its own: an interrupt never leaves half a line behind."""
        self._lines.put(json.dumps(message, allow_nan=False).encode() + b"\n")

    def _write(self) -> None:
        assert self._child.stdin
        try:
            while (line := self._lines.get()) is not None:
                self._child.stdin.write(line)
                self._child.stdin.flush()
        except OSError:  # it ended: who waits is told by the end of its output
            pass
        finally:
            try:
                self._child.stdin.close()
            except OSError:
                pass

    def _read(self) -> None:
        """Hands every answer to who waits for it."""
        assert self._child.stdout
        try:
            for line in self._child.stdout:
                said = json.loads(line)
                waiting = self._waiting.get(said.get("id"))
                if waiting:
                    waiting.put(said)
        except ValueError:  # closed while it was read
            pass
        self._ended = True
        gone = self._gone()
        for waiting in list(self._waiting.values()):
            waiting.put({"error": {"code": gone.code, "message": gone.message}})

    def _listen(self) -> None:
        assert self._child.stderr
        try:
            for line in self._child.stderr:
                self._printed = [*self._printed, line.decode(errors="replace").rstrip()][-KEPT_LINES:]
        except ValueError:
            pass

    def _gone(self) -> WeightscopeError:
        printed = "\n".join(self._printed)[-2000:]
        sentence = "The process that reads the models ended; ask again and it is started anew."
        return WeightscopeError("ENGINE_FAILED", f"{sentence} {printed}".rstrip())
