"""The Dockerfile and the compose file, read for tests."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import PurePosixPath
from typing import Any

import yaml
from support.doc_blocks import ROOT

DOCKERFILE, IGNORED, COMPOSE = ROOT / "Dockerfile", ROOT / ".dockerignore", ROOT / "compose.yaml"


def instructions() -> list[tuple[str, str]]:
    """Instruction and the rest of each, of the whole Dockerfile; lines that go on are joined."""
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def last_stage() -> list[tuple[str, str]]:
    """The instructions of the image that is kept."""
    found = instructions()
    return found[max(number for number, (name, _) in enumerate(found) if name == "FROM") :]


def variables() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for name, rest in last_stage() if name == "ENV" for pair in rest.split())


def health_check() -> list[str]:
    """The command that tells whether the service is well."""
    (rest,) = [rest for name, rest in last_stage() if name == "HEALTHCHECK"]
    return [str(word) for word in json.loads(rest.partition("CMD ")[2])]


def volumes() -> list[str]:
    """Folders of the image that outlive a container."""
    return [str(folder) for name, rest in last_stage() if name == "VOLUME" for folder in json.loads(rest)]


def copied() -> list[str]:
    """What the builder takes from the checkout."""
    return [source for name, rest in instructions() if name == "COPY" and "--from" not in rest for source in rest.split()[:-1]]


def is_left_out(path: str) -> bool:
    """Whether .dockerignore keeps a path from the builder: the last pattern that fits a part of it decides."""
    left_out = False
    for line in IGNORED.read_text("utf-8").splitlines():
        pattern = line.strip().removeprefix("!").removeprefix("**/")
        if pattern and not pattern.startswith("#") and _fits(path, pattern, anywhere="**/" in line):
            left_out = not line.strip().startswith("!")
    return left_out


def _fits(path: str, pattern: str, *, anywhere: bool) -> bool:
    parts = PurePosixPath(path).parts
    wholes = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatch(each, pattern) for each in (parts if anywhere else wholes))


def compose() -> dict[str, Any]:
    """The compose file."""
    tree: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return tree
