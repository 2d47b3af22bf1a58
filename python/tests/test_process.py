"""The process: one for a session, cancelled by Ctrl-C, ended with it however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import weightscope as ws
from weightscope._given import given

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")

# Ends well before a person would call it left behind; a test waits no longer than it has to.
PATIENCE_S = 60


def gone(pid: int) -> bool:
    """Whether it has ended; a zombie has, though nobody fetched its status."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc").is_dir():
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] in "ZX"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def until_gone(pid: int) -> bool:
    end = time.monotonic() + PATIENCE_S
    while not gone(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return gone(pid)


def started(code: str) -> subprocess.Popen[str]:
    program = f"import os, sys, signal\nimport weightscope as ws\n{code}"
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


OPEN = "m = ws.open('sample')\nprint(m._session._process.pid, flush=True)\n"
LONG = "m.statistic_rows(of='neurons')\n"


@pytest.mark.parametrize("what", ["", LONG], ids=["idle", "while it reads"])
def test_killing_python_leaves_no_process(what: str) -> None:
    process = started(f"{OPEN}print('on', flush=True)\n{what}signal.pause()\n")
    pid = int(line(process))
    assert line(process) == "on"
    assert not gone(pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert until_gone(pid)


def test_ending_python_leaves_no_process() -> None:
    code = (
        f"{OPEN}"
        "print(m.neuron(4, 100, k=1).parts['value']['top'][0]['label'], flush=True)\n"
    )
    process = started(code)
    pid = int(line(process))
    assert line(process) == "·Prince"
    assert process.wait(PATIENCE_S) == 0
    assert until_gone(pid)


def test_an_interrupt_cancels_and_the_next_question_is_answered() -> None:
    code = (
        f"{OPEN}"
        f"try:\n    print('on', flush=True)\n    {LONG}"
        "except KeyboardInterrupt:\n    print('cancelled', flush=True)\n"
        "print(m.neuron(4, 100, k=1).parts['value']['top'][0]['label'], m._session._process.pid, flush=True)\n"
    )
    process = started(code)
    pid = line(process)
    assert line(process) == "on"
    # To the whole group, as a terminal does.
    os.killpg(process.pid, signal.SIGINT)
    assert line(process) == "cancelled"
    assert line(process) == f"·Prince {pid}"
    assert process.wait(PATIENCE_S) == 0


def test_a_forked_process_has_a_session_of_its_own() -> None:
    code = (
        f"{OPEN}"
        "child = os.fork()\n"
        "word = m.neuron(4, 100, k=1).parts['value']['top'][0]['label']\n"
        "if child == 0:\n    print(word, m._session._process.pid, flush=True)\n    ws.close()\n    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "print(word, m._session._process.pid, flush=True)\n"
    )
    process = started(code)
    pid = line(process)
    said = sorted([line(process), line(process)])
    assert [one.split()[0] for one in said] == ["·Prince", "·Prince"]
    assert len({one.split()[1] for one in said}) == 2 and pid in {one.split()[1] for one in said}
    assert process.wait(PATIENCE_S) == 0
    for one in said:
        assert until_gone(int(one.split()[1]))


def test_a_process_that_was_killed_is_started_anew() -> None:
    with ws.Session() as session:
        model = session.open("sample")
        before = model.neuron(4, 100, k=1).data
        assert session._process
        os.kill(session._process.pid, signal.SIGKILL)
        session._process._child.wait(PATIENCE_S)
        assert model.neuron(4, 100, k=1).data == before


def test_a_process_that_ends_while_it_is_asked_is_an_error() -> None:
    with ws.Session() as session:
        model = session.open("sample")
        process = session._process
        assert process

        def kill(_done: float, _what: str) -> None:
            os.kill(process.pid, signal.SIGKILL)

        with pytest.raises(ws.WeightscopeError) as caught:
            process.request({"ask": "statisticRows", "asked": given({"model": model.id, "of": "neurons"})}, kill)
        assert caught.value.code == "ENGINE_FAILED"


def test_a_session_is_one_process_that_closes_its_models() -> None:
    with ws.Session(engine="wasm") as session:
        model = session.open("sample")
        assert model.model_info().engine == {**model.model_info()["engine"], "name": "wasm"}
        assert session._process
        pid = session._process.pid
        model.close()
        with pytest.raises(ws.WeightscopeError) as caught:
            model.neuron(0, 0)
        assert caught.value.code == "MODEL_UNKNOWN"
        assert "sample was closed" in str(caught.value)
    assert until_gone(pid)


def test_progress_is_told() -> None:
    said: list[tuple[float, str]] = []
    with ws.Session(progress=lambda done, what: said.append((done, what))) as session:
        session.open("sample").head(1, 5, k=3)
    assert said and all(0 <= done <= 1 for done, _ in said)


def test_the_command_comes_with_it() -> None:
    command = [sys.executable, "-m", "weightscope", "neuron", "sample", "4", "100", "-k", "1", "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"token": " Prince"' in found.stdout
    failed = subprocess.run([*command[:3], "neuron", "sample", "99", "0"], capture_output=True, text=True)
    assert failed.returncode != 0 and "Expected" in failed.stderr
