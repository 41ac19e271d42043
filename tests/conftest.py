"""For all tests: no learner's attempts are touched, whoever runs them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_data() -> Iterator[None]:
    """Attempts go into a folder that is thrown away."""
    with (
        tempfile.TemporaryDirectory(prefix="stridelab-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STRIDELAB_DATA", folder)
        yield
