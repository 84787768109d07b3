"""The whole system, started once for all acceptance tests of a run."""

from collections.abc import Iterator

import pytest

from tests.acceptance.system import RunningSystem, earnest_up


@pytest.fixture(scope="session")
def running_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """`earnest up` with a chain of its own; tests leave it healthy. Nothing of it is mocked."""
    with earnest_up(tmp_path_factory.mktemp("system") / "var") as system:
        yield system
