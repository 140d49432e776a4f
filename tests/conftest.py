"""Fixtures that several tests share."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from ranker.settings import ReadingSettings, Settings
from ranker.settings_file import load_settings

# Derandomised: the same examples in every run. No deadline: machines differ.
hypothesis.settings.register_profile("ranker", derandomize=True, deadline=None, database=None, max_examples=60)
hypothesis.settings.load_profile("ranker")


@pytest.fixture(scope="session")
def default_settings() -> Settings:
    return load_settings()


@pytest.fixture(scope="session")
def reading_settings(default_settings: Settings) -> ReadingSettings:
    return default_settings.reading


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the project; tests that need it are skipped without it."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real files of ../shared/data are not there")
    return folder
