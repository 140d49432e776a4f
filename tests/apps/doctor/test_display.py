"""What the doctor's report looks like, 80 columns wide, on a narrow screen and in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from ranker.apps.doctor.display import finding_lines, findings_table, verdict
from ranker.apps.doctor.finding import Finding, finding_json

FINDINGS = [
    Finding("python", "ok", "ranker 0.4.0 on Python 3.12.3 (/opt/ranker)", details={"python": "3.12.3"}),
    Finding("packages", "fault", "scipy 1.9.0 is older than 1.14", "pip install --upgrade 'scipy>=1.14'"),
    Finding(
        "settings",
        "ok",
        "ranker.yaml, profile newest; 2 differ from the defaults",
        notes=("recency.half_life_hours = 6 (default 12), profile newest", "heat.burst = 3 (default 2), ranker.yaml:12"),
    ),
    Finding("encoder", "ok", "news-minilm encodes a sentence, 384 dimensions (news-minilm:cce6ba4100bfe38f)"),
    Finding("disk", "warning", "0.7 GB free at /home/ann/.cache/ranker", "make room soon"),
]
GOLDEN = """\
ok       python    ranker 0.4.0 on Python 3.12.3 (/opt/ranker)
fault    packages  scipy 1.9.0 is older than 1.14
                   > pip install --upgrade 'scipy>=1.14'
ok       settings  ranker.yaml, profile newest; 2 differ from the defaults
                   recency.half_life_hours = 6 (default 12), profile newest
                   heat.burst = 3 (default 2), ranker.yaml:12
ok       encoder   news-minilm encodes a sentence, 384 dimensions
                   (news-minilm:cce6ba4100bfe38f)
warning  disk      0.7 GB free at /home/ann/.cache/ranker
                   > make room soon
"""


def shown(width: int) -> list[str]:
    paper = io.StringIO()
    Console(file=paper, width=width, highlight=False).print(findings_table(FINDINGS))
    return [line.rstrip() for line in paper.getvalue().splitlines()]


def test_the_report_of_80_columns() -> None:
    assert shown(80) == GOLDEN.splitlines()


@pytest.mark.parametrize("width", [40, 50, 60, 80, 200])
def test_nothing_is_left_out_or_too_wide_on_any_screen(width: int) -> None:
    lines = shown(width)
    assert max(map(cell_len, lines)) <= width
    together = "".join("".join(line[19:].split()) if width >= 60 else "".join(line.split()) for line in lines)
    for finding in FINDINGS:
        for text in (finding.found, finding.next_step, *finding.notes):
            assert "".join(text.split()) in together or width < 60
    assert "1.14" in together


def test_a_pipe_gets_a_line_for_each() -> None:
    assert list(finding_lines(FINDINGS))[:4] == [
        "ok python: ranker 0.4.0 on Python 3.12.3 (/opt/ranker)",
        "fault packages: scipy 1.9.0 is older than 1.14 > pip install --upgrade 'scipy>=1.14'",
        "ok settings: ranker.yaml, profile newest; 2 differ from the defaults",
        "  recency.half_life_hours = 6 (default 12), profile newest",
    ]


def test_what_a_terminal_would_obey_is_written_as_it_is() -> None:
    hostile = Finding("store", "fault", "\x1b[2Jgone\nok", "rm '\x07'")
    assert list(finding_lines([hostile])) == ["fault store: \\x1b[2Jgone\\nok > rm '\\x07'"]
    paper = io.StringIO()
    Console(file=paper, width=80).print(findings_table([hostile]))
    assert "\x1b" not in paper.getvalue()
    assert "\\x1b[2Jgone\\nok" in paper.getvalue()


def test_the_whole_in_a_line() -> None:
    assert verdict(FINDINGS) == "1 fault, 1 warning"
    assert verdict([FINDINGS[4], FINDINGS[4]]) == "2 warnings"
    assert verdict(FINDINGS[:1]) == "nothing is wrong"


def test_a_finding_for_programs() -> None:
    assert finding_json(FINDINGS[0]) == {
        "check": "python",
        "state": "ok",
        "found": "ranker 0.4.0 on Python 3.12.3 (/opt/ranker)",
        "next": "",
        "details": {"python": "3.12.3"},
    }
