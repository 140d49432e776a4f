"""The command `ranker doctor`: looks at everything that a run stands on, and says what to do next."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ranker.apps.help import Command
from ranker.apps.options import json_option, settings_options

if TYPE_CHECKING:
    from ranker.apps.doctor.finding import Finding

_EXIT_FAULT = 1


@click.command(
    cls=Command,
    short_help="What is in force here, and what is wrong.",
    examples=["ranker doctor", "ranker doctor --config ranker.yaml", "ranker doctor --json", "ranker doctor | grep -v '^ok'"],
)
@settings_options()
@json_option()
def doctor(config: Path | None, profile: str | None, encoder: str | None, as_json: bool) -> None:
    """Look at all that a run stands on: what is in force, where it comes from, and what to do about what is wrong.

    Each line is ok, a warning or a fault, and a fault says what to do next. Settings that differ from the defaults are shown
    with the file and line, the profile or the variable that set them. Nothing is changed, nothing is fetched, and no key of the
    service is shown. Exit code 1 if there is a fault.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"  # an encoder that is not on this machine is told, not fetched
    findings = look(config, profile, encoder, os.environ)
    if as_json:
        _tell_json(findings)
    else:
        _tell(findings)
    if any(finding.state == "fault" for finding in findings):
        sys.exit(_EXIT_FAULT)


def look(config: Path | None, profile: str | None, encoder: str | None, environ: Mapping[str, str]) -> list[Finding]:
    """All findings, in the order of the report."""
    from ranker.apps.doctor import machine, models, software, storage
    from ranker.apps.doctor.settings import settings_findings
    from ranker.apps.service.store_file import store_file
    from ranker.places import models_folder
    from ranker.vectors.cache import cache_file

    plain, service, settings = settings_findings(config, profile, encoder, environ)
    store, folder = store_file(service.service, make_folder=False), models_folder()
    encoders = dict.fromkeys((plain.encoder, service.encoder))
    return [
        software.python_finding(),
        *software.package_findings(software.requirements(), software.installed_version),
        *settings,
        *(models.encoder_finding(each, folder) for each in encoders),
        *models.model_findings(service, folder),
        models.publishers_finding(plain.publishers),
        storage.cache_finding(plain.cache),
        storage.store_finding(store),
        *storage.disk_findings((cache_file(plain.cache).parent, store.parent, Path.cwd())),
        machine.threads_finding(environ),
        machine.terminal_finding(machine.this_terminal()),
    ]


def _tell(findings: list[Finding]) -> None:
    from ranker.apps import screen
    from ranker.apps.doctor.display import finding_lines, findings_table, verdict

    out = screen.console()
    if out.is_terminal:
        out.print(findings_table(findings))
        out.print(verdict(findings))
        return
    for line in finding_lines(findings):
        click.echo(line)
    click.echo(f"{verdict(findings)}")


def _tell_json(findings: list[Finding]) -> None:
    import msgspec

    from ranker.apps.doctor.finding import finding_json

    told = {"ok": all(finding.state != "fault" for finding in findings), "checks": [finding_json(finding) for finding in findings]}
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
