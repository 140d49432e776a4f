"""Store file: where a service keeps everything."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from ranker.settings import ServiceSettings

_NAME = "desk.sqlite"


def store_file(service: ServiceSettings, *, make_folder: bool = True) -> Path:
    """Where the store lies; the user's data folder is made if it is not there."""
    if service.store is not None:
        return Path(service.store).expanduser()
    return platformdirs.user_data_path("ranker", appauthor=False, ensure_exists=make_folder) / _NAME
