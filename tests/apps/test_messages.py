"""Messages: whatever is asked for wrongly is told with what is right, on standard error, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache")

# What is typed in a folder with the desk's articles, and how the last line of standard error ends; "*" stands for anything.
WRONG = [
    # names that are like others
    ("rerank desk --profle newest", "No such option '--profle'.*--profile*"),
    ("rerank desk --profile newst", "no profile 'newst'; there are balanced, editorial, everyday, hottest, newest; near it: newest"),
    ("serve --profile newst", "no profile 'newst'; there are *; near it: newest"),
    ("rerank desk --config section.yaml", "section.yaml: heet: unknown key; allowed: reading, *; near it: heat"),
    ("rerank desk --config key.yaml", "key.yaml: heat.brust: unknown key; allowed: *; near it: burst"),
    ("evaluate desk --labels story --sweep heat.brust=1,2", "--sweep: heat.brust: unknown key; allowed: *; near it: burst"),
    ("rerank desk --encoder statik", "encoder statik: its model cannot be loaded *; without a download there are *; near it: static"),
    ("rerank desk --format tabel", "'tabel' is not one of 'table', 'jsonl', 'csv', 'parquet'."),
    # files that are not there
    ("rerank nowhere", "nowhere: no such file or folder"),
    ("rerank nowhere/*.md", "nowhere/*.md: no file matches"),
    ("rerank desk --config nowhere.yaml", "nowhere.yaml: cannot be read (No such file or directory)"),
    ("rerank desk --corrections nowhere.yaml", "nowhere.yaml: cannot be read (No such file or directory)"),
    ("diff nowhere.jsonl", "nowhere.jsonl: cannot be read (No such file or directory)"),
    ("store info nowhere.sqlite", "there is no file */nowhere.sqlite; `ranker serve --store nowhere.sqlite` makes a store, *"),
    ("models distill desk -o new --teacher nowhere", "--teacher nowhere: is no folder; give minilm, or a folder with a *"),
    ("train encoder desk -o new --base nowhere", "--base nowhere: is no folder; give minilm, or a folder with a *"),
    # places that cannot be written to
    ("rerank desk -o nowhere/x.jsonl", "nowhere/x.jsonl: cannot be written (there is no folder nowhere)"),
    ("rerank desk -o desk", "desk: is a folder; name a file in it"),
    ("rerank desk -o x.xml", "x.xml: .xml is no format that can be written; name the file .jsonl, .csv or .parquet, or give --format"),
    ("report desk -o nowhere/x.html", "nowhere/x.html: cannot be written (there is no folder nowhere)"),
    # values
    ("rerank desk --as-of yesterday", "'yesterday' is no date; write it as 2026-03-11T18:00:00Z"),
    ("store retain key.yaml --before soon", "'soon' is no date; write it as 2026-03-11T18:00:00Z"),
    ("rerank desk --weights loud:1", "'loud:1' names no signal, or one twice; write quality:0.2,heat:0.5,recency:0.3"),
    ("replay desk --every soon", "'soon' is no duration of a second or more; write 30m, 1h or 1d"),
    ("rerank desk --config value.yaml", "value.yaml: heat.burst = 'lots': expected `float`, got `str`"),
    ("rerank desk --limit 0", "0 is not in the range x>=1."),
    ("evaluate desk --labels story --sweep frob", "--sweep frob: write KEY=A,B,C, such as grouping.window_days=3,5,7"),
    ("evaluate desk --labels story --sweep heat.burst=1,2 --plot a.txt", "a.txt: a plot is a file named .svg or .png"),
    # what goes with what
    ("explain desk", "name one --story or one --article, as --story '#1'"),
    ("evaluate desk", "give --labels, or --ranking or --live for articles without labels"),
    ("store retain key.yaml", "give either --before or --older-than, as --older-than 90"),
    ("serve --role read", "--role goes with --new-key"),
    ("serve --json", "--json goes with --new-key"),
    ("serve --host 0.0.0.0 --demo", "without keys anybody *; make keys with `ranker serve --new-key NAME`, or listen on 127.0.0.1"),
    # what is not in the input
    ("explain desk --story s1", "--story s1: no such story; give its id, its rank (#3), or an article's id, web address or file"),
    ("explain desk --article s1", "--article s1: no such article; give its id, web address or file"),
    ("evaluate desk --labels stry", "--labels stry: no article has such a label; name a field of the articles, or a file with columns *"),
    ("store info key.yaml", "key.yaml: is no store of ranker; name another file *"),
]


@pytest.fixture
def place(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (desk.parent / "section.yaml").write_text("heet: {burst: 2}\n")
    (desk.parent / "key.yaml").write_text("heat: {brust: 2}\n")
    (desk.parent / "value.yaml").write_text("heat: {burst: lots}\n")
    monkeypatch.chdir(desk.parent)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return desk.parent


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("typed", "told"), WRONG, ids=[typed for typed, _ in WRONG])
def test_what_is_wrong_is_told_with_what_is_right(typed: str, told: str, ranker: Command) -> None:
    words = typed.split()
    reads = words[0] in {"rerank", "explain", "evaluate", "replay", "report"} and "--encoder" not in words
    done = ranker(*words, *(STATIC if reads else ()))
    assert done.returncode in {1, 2}
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    start = 0
    for part in told.split("*") if "nowhere/*.md" not in told else [told]:
        assert part in last[start:], last
        start = last.index(part, start) + len(part)
    assert told.endswith("*") or last.endswith(told.rpartition("*")[2]), last


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("{ann: {hash: my-very-own-key, role: read}}", "hash: expected"),
        ("my-very-own-key", "expected"),
        ("{ann: my-very-own-key}", "expected"),
    ],
)
def test_what_may_be_a_key_is_not_shown(setting: str, shown: str, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "keys.yaml").write_text(f"service: {{keys: {setting}}}\n")
    told = ranker("serve", "--config", tmp_path / "keys.yaml").stderr
    assert shown in told
    assert "service.keys" in told
    assert "my-very-own-key" not in told


def test_what_a_terminal_would_obey_is_written_as_it_is(ranker: Command) -> None:
    assert ranker("rerank", "no\x1bcwhere").stderr == "ranker: no\\x1bcwhere: no such file or folder\n"
