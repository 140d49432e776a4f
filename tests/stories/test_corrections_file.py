"""Files of corrections: three forms that say the same, and mistakes that are told with their place."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ranker.errors import CorrectionError
from ranker.stories.corrections import Correction, CorrectionAction, Corrections, correction_id
from ranker.stories.corrections_file import correction_json, correction_of, corrections_lines, read_corrections

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
JOIN = Correction(correction_id("join", ["a1", "a2"]), "join", ("a1", "a2"), by="Ann", at=NOON, why="one ferry")
PART = Correction("c7", "part", ("a1",), ("a3", "a4"))
YAML = """# what Ann said
- action: join
  articles: [a1, a2]
  by: Ann
  at: 2026-03-11T12:00:00Z
  why: one ferry

- {action: part, articles: [a1], others: [a3, "a4"], id: c7}
"""
LINES = (
    '{"action": "join", "articles": ["a1", "a2"], "by": "Ann", "at": "2026-03-11T13:00:00+01:00", "why": "one ferry"}\n'
    '\n{"id": "c7", "action": "part", "articles": ["a1"], "others": ["a3", "a4"], "by": null, "at": null}\n'
)
ARRAY = f"[{LINES.strip().replace('}' + chr(10), '},')}]"


def read(folder: Path, text: str | bytes, name: str = "corrections.yaml") -> Corrections:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_corrections(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("corrections.yaml", YAML),
        ("corrections.txt", YAML),
        ("corrections.jsonl", LINES),
        ("corrections", LINES),
        ("corrections.json", ARRAY),
        ("corrections.yml", ARRAY),  # JSON is YAML
        ("corrections.yaml", f"\ufeff{YAML}"),
        ("corrections.jsonl", LINES.replace("\n", "\r\n")),
    ],
)
def test_all_forms_say_the_same(name: str, text: str, tmp_path: Path) -> None:
    assert list(read(tmp_path, text, name)) == [JOIN, PART]


@pytest.mark.parametrize("name", ["corrections.yaml", "corrections.jsonl"])
@pytest.mark.parametrize("text", ["", "\n \n", "[]", "# nothing yet\n"])
def test_a_file_may_hold_nothing(name: str, text: str, tmp_path: Path) -> None:
    assert list(read(tmp_path, text, name)) == []


def test_what_stands_twice_counts_once(tmp_path: Path) -> None:
    assert list(read(tmp_path, YAML + YAML.replace("a1, a2", "a2, a1"))) == [JOIN, PART]


FORMS = "a file of corrections is a YAML list, a JSON array, or one JSON object a line"
KEYS = "action, articles, others, by, at, why, id"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- action: pin\n  articles: [a]\n- a\n", f":3: is no mapping; allowed: {KEYS}"),
        ("- {action: pin, articles: [a], editor: Ann}", f":1: 'editor': unknown key; allowed: {KEYS}"),
        ("\n- {action: drop, articles: [a]}", ":2: action 'drop'; allowed: join, part, lead, pin, hide"),
        ("- {articles: [a]}", ":1: action None; allowed: join, part, lead, pin, hide"),
        ("- {action: [pin], articles: [a]}", ":1: action ['pin']; allowed: join, part, lead, pin, hide"),
        ("- {action: pin}", ":1: articles is missing"),
        ("- {action: pin, articles: a1}", ":1: articles: expected a list, got text"),
        ("- {action: pin, articles: [a, 7]}", ":1: articles[1]: expected text, got `int`; put it in quotes"),
        ("- {action: pin, articles: [a], by: [Ann]}", ":1: by: expected text, got a list"),
        ("- {action: pin, articles: [a], at: noon}", ":1: at: 'noon' is no date; write it as 2026-03-11T18:00:00Z"),
        ("- {action: pin, articles: [a], at: 2026-13-41}", ":1: '2026-13-41' cannot be read (month must be in 1..12"),
        ("- {action: pin, articles: []}", ": articles is empty; name at least one article id"),
        ("- {action: pin, action: hide, articles: [a]}", ":1: the key 'action' stands twice"),
        ("- {1: 2}", ":1: the key 1 is no text"),
        ("- {[a]: 2}", ":1: the key ['a'] is no text"),
        ("action: pin", f": is no list of corrections; {FORMS}"),
        ("- {action: pin\n- x", ":3: is not YAML ("),
        ("- !!python/name:os.system x", ":1: is not YAML (could not determine a constructor"),
        ("- &x {action: pin, articles: [a]}\n- *x\n", ":2: holds an alias (*x); write out what it stands for"),
        ("- [[[[a]]]]", f":1: is nested deeper than 4 levels; {FORMS}"),
        ("[" * 100_000, ":1: is nested deeper than 4 levels"),
        ("- a\n- \x01", ":2: is not YAML (holds the character U+0001)"),
        (b"- \xff", ": is not UTF-8 (byte 2)"),
    ],
)
def test_a_mistake_in_yaml_is_told_with_its_line(text: str | bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match=f"^{re.escape(str(tmp_path / 'corrections.yaml'))}.*{re.escape(reason)}"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"action": "pin", "articles": ["a"]}\n{"action": "pin"}', ":2: articles is missing"),
        ('{"action": "pin", "articles": ["a"]}\n{"action"', f":2: is not JSON (Input data was truncated); {FORMS}"),
        ('{"action": "pin", "articles": ["a"]}\n7', f":2: is no mapping; allowed: {KEYS}"),
        ('[{"action": "pin", "articles": ["a"]}, {"action": "pin"}]', ": item 2: articles is missing"),
        ('[{"action": "pin"', f": is not JSON (Input data was truncated); {FORMS}"),
        ("[" * 100_000, ": is not JSON ("),
    ],
)
def test_a_mistake_in_json_is_told_with_its_line_or_item(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match=f"^{re.escape(str(tmp_path / 'c.json'))}{re.escape(reason)}"):
        read(tmp_path, text, "c.json")


def test_a_contradiction_is_told_with_the_line_of_the_later_one(tmp_path: Path) -> None:
    first = "- {id: c1, action: join, articles: [a, b], by: Ann}\n- {action: pin, articles: [a]}\n\n"
    text = f"{first}- {{id: c3, action: part, articles: [b, a]}}\n"
    with pytest.raises(CorrectionError) as refused:
        read(tmp_path, text)
    assert str(refused.value) == (
        f"{tmp_path / 'corrections.yaml'}:4: c3 (part) contradicts c1: a - (c1: join, by Ann) - b, but c3 (part) keeps a and b apart"
    )
    assert (refused.value.correction, refused.value.chain, refused.value.against) == ("c3", ("a", "c1", "b"), ("c1",))


def test_an_id_that_stands_twice_is_told_with_the_later_line(tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match=r"yaml:2: c1 \(pin\): the id is that of another correction, a pin$"):
        read(tmp_path, "- {id: c1, action: pin, articles: [a]}\n- {id: c1, action: pin, articles: [b]}\n")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match=r"none\.yaml: cannot be read \(No such file or directory\)$"):
        read_corrections(tmp_path / "none.yaml")


# The wire


def test_a_correction_on_the_wire_has_all_keys() -> None:
    assert correction_json(JOIN) == {
        "id": JOIN.id,
        "action": "join",
        "articles": ["a1", "a2"],
        "others": [],
        "by": "Ann",
        "at": "2026-03-11T12:00:00Z",
        "why": "one ferry",
    }
    assert correction_json(PART)["at"] is None


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IDS = TEXTS.filter(bool)


@st.composite
def any_correction(draw: st.DrawFn) -> Correction:
    action: CorrectionAction = draw(st.sampled_from(["join", "lead", "pin"]))
    articles = draw(st.lists(IDS, min_size=1 + (action == "join"), max_size=1 if action == "lead" else 4, unique=True))
    moment = draw(st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - UTC is set below
    at = None if moment is None else moment.replace(microsecond=0, tzinfo=UTC)
    return Correction(draw(IDS), action, tuple(articles), (), draw(TEXTS), at, draw(TEXTS))


@given(any_correction())
def test_what_the_wire_says_is_read_back_as_it_was(correction: Correction) -> None:
    assert correction_of(json.loads(json.dumps(correction_json(correction)))) == correction


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(any_correction(), max_size=1) | st.just([JOIN, PART]))
def test_lines_that_are_written_are_read_back(tmp_path: Path, made: list[Correction]) -> None:
    path = tmp_path / "corrections.jsonl"
    path.write_bytes(corrections_lines(made))
    assert list(read_corrections(path)) == made


def test_the_example_of_the_page_is_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "corrections.md").read_text("utf-8")
    text = page.split("```yaml\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    Path("corrections.yaml").write_text(text, "utf-8")
    made = read_corrections(Path("corrections.yaml"))
    assert [item.action for item in made] == ["join", "part", "lead", "pin", "hide"]
    assert all(f"correction {item.id} ({item.action}, by Ann)" in page for item in made if item.by == "Ann")
    more = f"{text}\n- {{action: part, articles: [{made.items[0].articles[1]}], others: [{made.items[0].articles[0]}], by: Eve}}\n"
    Path("more.yaml").write_text(more, "utf-8")
    with pytest.raises(CorrectionError) as refused:
        read_corrections(Path("more.yaml"))
    assert f"\nranker: {refused.value}\n" in page
