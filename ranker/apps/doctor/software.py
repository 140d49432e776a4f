"""Software: this Python, and the packages that ranker stands on."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

from ranker import __version__
from ranker.apps.doctor.finding import Finding

# Of the required packages, those whose version is asked for first when results differ or a model does not load.
_SHOWN = ("numpy", "scipy", "scikit-learn", "onnxruntime", "tokenizers", "pyarrow", "msgspec", "fastapi", "sentence-transformers")
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(?P<bounds>[^;]*)(?:;.*extra == ['\"](?P<extra>[^'\"]+)['\"])?")
_LEAST = re.compile(r">=\s*([0-9.]+)")
_FOR_USERS = {"notebook": "notebooks", "plots": "pictures of sweeps", "train": "encoders of 8 bits"}

VersionOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that is needed: at least of which version ("" for any), by which extra ("" for always)."""

    name: str
    least: str
    extra: str


def python_finding() -> Finding:
    """Which Python runs, and where it lies."""
    version = platform.python_version()
    found = f"ranker {__version__} on Python {version} ({sys.prefix})"
    details = {"ranker": __version__, "python": version, "prefix": sys.prefix, "platform": platform.platform()}
    return Finding("python", "ok", found, details=details)


def requirements() -> list[Requirement] | None:
    """What the installed ranker says that it needs; None where it runs without having been installed."""
    try:
        lines = metadata.requires("ranker") or []
    except metadata.PackageNotFoundError:
        return None
    return [parsed for line in lines if (parsed := parsed_requirement(line)) is not None]


def parsed_requirement(line: str) -> Requirement | None:
    """A line of a package's metadata: "scipy>=1.14" or "onnx>=1.17; extra == 'train'"."""
    match = _REQUIREMENT.match(line)
    if match is None:
        return None
    least = _LEAST.search(match["bounds"])
    return Requirement(match["name"], least[1] if least else "", match["extra"] or "")


def installed_version(name: str) -> str | None:
    """The version of an installed package; None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def package_findings(needed: Sequence[Requirement] | None, version_of: VersionOf) -> list[Finding]:
    """The packages that are always needed, those that are missing or too old, and the extras."""
    if needed is None:
        return [Finding("packages", "warning", "ranker is not installed, it runs from its folder", "run `pip install -e .` in that folder")]
    always = [item for item in needed if not item.extra]
    versions = {item.name: version_of(item.name) for item in always}
    faults = [_fault(item, versions[item.name]) for item in always if not _is_good(item, versions[item.name])]
    shown = ", ".join(f"{name} {versions[name]}" for name in _SHOWN if versions.get(name))
    torch = version_of("torch")
    found = f"{len(always) - len(faults)} of {len(always)} required: {shown}{f', torch {torch}' if torch else ''}"
    details = {"required": {item.name: versions[item.name] for item in always} | {"torch": torch}}
    summary = Finding("packages", "fault" if faults else "ok", found, "see below" if faults else "", details=details)
    return [summary, *faults, _extras(needed, version_of)]


def _is_good(item: Requirement, version: str | None) -> bool:
    return version is not None and _numbers(version) >= _numbers(item.least)


def _fault(item: Requirement, version: str | None) -> Finding:
    wanted = f"{item.name}>={item.least}" if item.least else item.name
    if version is None:
        return Finding("packages", "fault", f"{item.name} is not installed", f"pip install '{wanted}'", details={"package": item.name})
    found = f"{item.name} {version} is older than {item.least}"
    return Finding("packages", "fault", found, f"pip install --upgrade '{wanted}'", details={"package": item.name, "version": version})


def _extras(needed: Sequence[Requirement], version_of: VersionOf) -> Finding:
    """The extras that people use; none of them is needed."""
    complete: dict[str, bool] = {}
    for item in needed:
        if item.extra in _FOR_USERS:
            complete[item.extra] = complete.get(item.extra, True) and _is_good(item, version_of(item.name))
    said = [f"{name} ({_FOR_USERS[name]}) {'installed' if there else 'not installed'}" for name, there in sorted(complete.items())]
    missing = [name for name, there in sorted(complete.items()) if not there]
    advice = f"if you want {'them' if len(missing) > 1 else 'it'}: pip install 'ranker[{','.join(missing)}]'" if missing else ""
    return Finding("extras", "ok", ", ".join(said) or "none known", advice, details=_plain(complete))


def _plain(complete: Mapping[str, bool]) -> dict[str, object]:
    return dict(sorted(complete.items()))


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparison: "2.13.0+cpu" is (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])
