"""Packages: what is missing or too old is told with the command that mends it."""

from __future__ import annotations

import sys

import pytest

from ranker import __version__
from ranker.apps.doctor.software import Requirement, installed_version, package_findings, parsed_requirement, python_finding, requirements

NEEDED = [
    Requirement("numpy", "2.0", ""),
    Requirement("scipy", "1.14", ""),
    Requirement("matplotlib", "3.9", "plots"),
    Requirement("pytest", "8.3", "dev"),
]
INSTALLED = {"numpy": "2.10.1", "scipy": "1.14.0+mkl", "matplotlib": "3.10", "torch": "2.13.0+cpu"}


def test_this_python_is_told() -> None:
    finding = python_finding()
    assert finding.state == "ok"
    assert finding.found.startswith(f"ranker {__version__} on Python {sys.version_info.major}.{sys.version_info.minor}.")


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("scipy>=1.14", Requirement("scipy", "1.14", "")),
        ("PyYAML >=6.0.2,<7", Requirement("PyYAML", "6.0.2", "")),
        ("uvicorn[standard]>=0.35", Requirement("uvicorn", "0.35", "")),
        ("ftfy", Requirement("ftfy", "", "")),
        ("onnx>=1.17; extra == 'train'", Requirement("onnx", "1.17", "train")),
        ('onnx>=1.17; python_version >= "3.11" and extra == "train"', Requirement("onnx", "1.17", "train")),
    ],
)
def test_a_requirement_is_read(line: str, parsed: Requirement) -> None:
    assert parsed_requirement(line) == parsed


def test_packages_that_are_there_are_told_with_their_versions() -> None:
    summary, extras = package_findings(NEEDED, INSTALLED.get)
    assert (summary.state, summary.found) == ("ok", "2 of 2 required: numpy 2.10.1, scipy 1.14.0+mkl, torch 2.13.0+cpu")
    assert (extras.state, extras.found, extras.next_step) == ("ok", "plots (pictures of sweeps) installed", "")


@pytest.mark.parametrize(
    ("change", "found", "step"),
    [
        ({"scipy": None}, "scipy is not installed", "pip install 'scipy>=1.14'"),
        ({"scipy": "1.9.3"}, "scipy 1.9.3 is older than 1.14", "pip install --upgrade 'scipy>=1.14'"),
        ({"numpy": "1.26"}, "numpy 1.26 is older than 2.0", "pip install --upgrade 'numpy>=2.0'"),
    ],
)
def test_a_package_that_is_missing_or_old_is_a_fault(change: dict[str, str | None], found: str, step: str) -> None:
    summary, fault, _ = package_findings(NEEDED, {**INSTALLED, **change}.get)
    assert (summary.state, summary.found.partition(":")[0]) == ("fault", "1 of 2 required")
    assert (fault.state, fault.found, fault.next_step) == ("fault", found, step)


def test_an_extra_that_is_missing_is_no_fault() -> None:
    extras = package_findings(NEEDED, {name: version for name, version in INSTALLED.items() if name != "matplotlib"}.get)[-1]
    assert (extras.state, extras.found) == ("ok", "plots (pictures of sweeps) not installed")
    assert extras.next_step == "if you want it: pip install 'ranker[plots]'"


def test_a_folder_that_was_never_installed_is_a_warning() -> None:
    (finding,) = package_findings(None, INSTALLED.get)
    assert (finding.state, finding.next_step) == ("warning", "run `pip install -e .` in that folder")


def test_the_real_requirements_are_met() -> None:
    needed = requirements()
    assert needed is not None
    assert {"numpy", "click", "rich"} <= {item.name for item in needed if not item.extra}
    assert installed_version("numpy") is not None
    assert installed_version("no-such-package-of-anybody") is None
