"""Encoder, shipped models, decision and publishers."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from ranker.apps.doctor import models
from ranker.places import models_folder
from ranker.settings import EncoderSettings, Settings
from ranker.settings_file import load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped models but for the larger encoder."""
    place = tmp_path / "models"
    shutil.copytree(models_folder(), place, ignore=shutil.ignore_patterns("news-minilm"))
    return place


def named(name: str) -> EncoderSettings:
    return msgspec.structs.replace(load_settings().encoder, name=name)


def under(**overrides: object) -> Settings:
    return load_settings(overrides={key.replace("__", "."): value for key, value in overrides.items()})


def test_an_encoder_that_is_there_encodes_a_sentence() -> None:
    finding = models.encoder_finding(named("static"), models_folder())
    assert finding.state == "ok"
    assert finding.found == f"static encodes a sentence, 256 dimensions ({finding.details['fingerprint']})"


def test_an_encoder_that_is_not_there_is_a_fault_with_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    finding = models.encoder_finding(named(str(tmp_path / "statik")), models_folder())
    assert finding.state == "fault"
    assert finding.next_step == "name another with --encoder or encoder.name: minilm, news-minilm, static need no download"
    finding = models.encoder_finding(named("static"), tmp_path)
    assert (finding.state, finding.next_step) == (
        "fault",
        "name another with --encoder or encoder.name: minilm, news-minilm need no download",
    )


def test_a_model_is_held_to_its_manifest(folder: Path) -> None:
    static, background, decision = models.model_findings(load_settings(), folder)
    assert static.found == f"static-minilm: 2 files as its manifest says ({static.details['fingerprint']})"
    assert {static.state, background.state, decision.state} == {"ok"}
    table = folder / "static-minilm" / "table.npz"
    table.write_bytes(table.read_bytes() + b"\0")
    damaged = models.model_findings(load_settings(), folder)[0]
    assert damaged.state == "fault"
    assert "table.npz: is damaged or not the file that manifest.json describes" in damaged.found
    assert damaged.next_step.startswith("install ranker again: pip install --force-reinstall")


def test_models_that_are_missing_are_faults(tmp_path: Path) -> None:
    none, background, _ = models.model_findings(load_settings(), tmp_path)
    assert (none.state, none.found) == ("fault", f"{tmp_path} holds no model")
    assert background.state == "fault"


def test_a_decision_for_another_encoder_is_a_warning() -> None:
    *_, finding = models.model_findings(under(encoder__name="mine"), models_folder())
    assert finding.state == "warning"
    assert finding.found == "same-story.json: no decision was learned for encoder mine, that of news-minilm stands in"
    assert finding.next_step == "ranker train same-story LABELLED --encoder mine --output FILE learns one"


def test_a_decision_of_one_s_own_that_is_not_there_is_a_fault() -> None:
    *_, finding = models.model_findings(under(grouping__same_story_model="nowhere.json"), models_folder())
    assert finding.state == "fault"
    assert finding.next_step == "mend grouping.same_story_model (nowhere.json), or leave it out"


def test_publishers_are_counted(tmp_path: Path) -> None:
    finding = models.publishers_finding(load_settings().publishers)
    assert finding.state == "ok"
    assert finding.found.endswith(" domains of the shipped list")
    (tmp_path / "mine.csv").write_text("nonsense\n")
    wrong = models.publishers_finding(under(publishers__files=[str(tmp_path / "mine.csv")]).publishers)
    assert (wrong.state, wrong.next_step) == ("fault", "mend that line, or leave the file out of publishers.files")
    none = models.publishers_finding(under(publishers__known=False).publishers)
    assert (none.state, none.found) == ("warning", "0 domains of no list")
