"""One session for all tests, on the sample."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import weightscope as ws


@pytest.fixture(scope="session")
def model() -> Iterator[ws.Model]:
    with ws.open("sample") as model:
        yield model
    ws.close()
