"""One thread: two would wait for each other on a busy machine, and the shapes here are tiny."""

from collections.abc import Iterator

import pytest
import torch

from ivfgrade import inputs

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _outlives_its_parent() -> Iterator[None]:
    """A stage asks to be killed together with DVC; a test process that runs stages must not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_die_with_parent", lambda: None)
        yield
