"""Settings in force: each that differs from the defaults is told with what set it last."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranker.apps.doctor.in_force import Asked, Changed, changed_settings, flat, key_lines
from ranker.apps.doctor.settings import setting_line, settings_findings
from ranker.settings_file import load_settings

SETTINGS = """# of the night desk
heat:
  burst: 3
  half_life_hours: 4
quality:
  rules: {image: null, mine: {feature: title, test: always, points: 2}}
service:
  keys:
    ann: {hash: "sha256:%s", role: admin}
profiles:
  nightly:
    recency:
      half_life_hours: 9
    heat: {half_life_hours: 5}
""" % ("ab" * 32)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("ranker.yaml").write_text(SETTINGS)
    return Path("ranker.yaml")


def origins(config: Path | None, profile: str | None = None, **more: dict[str, object]) -> dict[str, str]:
    given = more.get("options", {}), more.get("variables", {})
    settings = load_settings(config, profile=profile, overrides={**given[1], **given[0]})
    return {item.key: item.origin for item in changed_settings(settings, Asked(config, profile, *given))}


def test_nothing_differs_where_nothing_is_set() -> None:
    assert origins(None) == {}


def test_a_file_s_settings_are_told_with_their_lines(config: Path) -> None:
    found = origins(config)
    assert found["heat.burst"] == "ranker.yaml:3"
    assert found["heat.half_life_hours"] == "ranker.yaml:4"
    assert found["quality.rules.image"] == "ranker.yaml:6"
    assert found["quality.rules.mine"] == "ranker.yaml:6"
    assert "quality.rules.topics" not in found


def test_a_profile_has_the_word_over_the_file(config: Path) -> None:
    found = origins(config, "nightly")
    assert found["recency.half_life_hours"] == "ranker.yaml:13, profile nightly"
    assert found["heat.half_life_hours"] == "ranker.yaml:14, profile nightly"
    assert found["heat.burst"] == "ranker.yaml:3"
    assert origins(None, "newest")["recency.half_life_hours"] == "profile newest"
    assert origins(config, "newest")["blend.weights.recency"] == "profile newest"


def test_variables_and_options_have_the_last_word(config: Path) -> None:
    found = origins(
        config,
        "nightly",
        variables={"heat.burst": 1, "service.port": 9000, "recency": {"half_life_hours": 2}},
        options={"encoder.name": "static"},
    )
    assert found["heat.burst"] == "RANKER_HEAT_BURST"
    assert found["recency.half_life_hours"] == "RANKER_RECENCY"
    assert found["service.port"] == "RANKER_SERVICE_PORT"
    assert found["encoder.name"] == "--encoder"


def test_weights_of_the_command_line_are_named_by_their_option() -> None:
    found = origins(None, options={"blend.weights": {"quality": 0.0, "heat": 1.0, "recency": 0.0}, "cache.enabled": False})
    assert found["blend.weights.heat"] == "--weights"
    assert found["cache.enabled"] == "--no-cache"


def test_a_key_is_set_and_never_shown(config: Path) -> None:
    settings = load_settings(config)
    key, role = [item for item in changed_settings(settings, Asked(config, None, {}, {})) if item.key.startswith("service.keys")]
    assert key == Changed("service.keys.ann.hash", "set", None, "ranker.yaml:9")
    assert setting_line(key) == "service.keys.ann.hash = set, ranker.yaml:9"
    assert role.value == "admin"
    _, _, findings = settings_findings(config, None, None, {})
    assert "abab" not in repr(findings)


def test_every_setting_has_its_dotted_key() -> None:
    keys = flat(load_settings())
    assert {"heat.burst", "quality.rules.image", "publishers.groups", "service.keys"} <= set(keys)
    assert keys["recency.half_life_hours"] == 12


@pytest.mark.parametrize("text", ["", "- a\n", "a: [1\n", "\xff"])
def test_a_file_without_keys_has_no_lines(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text, "latin-1")
    assert key_lines(tmp_path / "x.yaml") == {}
    assert key_lines(tmp_path / "nowhere.yaml") == {}


# As findings


def test_settings_are_told_with_a_line_each(config: Path) -> None:
    plain, service, (finding,) = settings_findings(config, "nightly", None, {"HOME": "/"})
    assert plain == service
    assert finding.found == f"ranker.yaml, profile nightly; {len(finding.notes)} differ from the defaults"
    assert "heat.burst = 3 (default 2), ranker.yaml:3" in finding.notes


def test_variables_are_told_as_those_of_the_service(config: Path) -> None:
    environ = {"RANKER_SERVICE_PORT": "9000", "RANKER_HEAT_BURST": "1.5"}
    plain, service, (_, finding) = settings_findings(config, None, "static", environ)
    assert (plain.service.port, service.service.port) == (8710, 9000)
    assert plain.encoder.name == service.encoder.name == "static"
    assert finding.found == "2 RANKER_* set; `ranker serve` alone reads them"
    assert finding.notes == (
        "heat.burst = 1.5 (default 2), RANKER_HEAT_BURST",
        "service.port = 9000 (default 8710), RANKER_SERVICE_PORT",
    )


def test_a_wrong_file_is_a_fault_and_the_defaults_stand_in(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("heat: {brust: 2}\n")
    plain, _, (finding,) = settings_findings(tmp_path / "x.yaml", None, None, {})
    assert plain == load_settings()
    assert (finding.state, finding.next_step) == ("fault", "mend that; the rest of this report is of the defaults")
    assert "heat.brust: unknown key" in finding.found


def test_a_wrong_variable_is_a_fault(config: Path) -> None:
    _, _, (_, finding) = settings_findings(config, None, None, {"RANKER_HEAT_BRUST": "1"})
    assert finding.state == "fault"
    assert finding.found == "RANKER_HEAT_BRUST: there is no such setting; near it: RANKER_HEAT_BURST"
