"""Environment: any setting by its path in upper case, and a mistake is named by its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranker.apps.service.environment import PREFIX, _keys, service_settings, variables
from ranker.errors import SettingsError
from ranker.settings import Settings
from ranker.settings_file import load_settings


def mistake(environ: dict[str, str], path: Path | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        service_settings(path, environ=environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("RANKER_SERVICE_PORT", "9000", "service.port", 9000),
        ("RANKER_SERVICE_HOST", "0.0.0.0", "service.host", "0.0.0.0"),
        ("RANKER_ENCODER_NAME", "static", "encoder.name", "static"),
        ("RANKER_HEAT_HALF_LIFE_HOURS", "3", "heat.half_life_hours", 3),
        ("RANKER_HEAT_HALF_LIFE_HOURS", "null", "heat.half_life_hours", None),
        ("RANKER_HEAT_HALF_LIFE_HOURS", "", "heat.half_life_hours", None),
        ("RANKER_BLEND_WEIGHTS_HEAT", "0.5", "blend.weights.heat", 0.5),
        ("RANKER_SERVICE_CORS_ORIGINS", "[https://a.example, https://b.example]", "service.cors_origins", ["https://a.example", "https://b.example"]),
        ("RANKER_QUALITY_RULES_OWN_FEED_POINTS", "40", "quality.rules.own_feed.points", 40),
    ],
)  # fmt: skip
def test_a_variable_sets_the_setting_of_its_name(name: str, text: str, key: str, value: object) -> None:
    settings = service_settings(None, environ={name: text, "PATH": "/bin", "RANKED": "x"})
    assert settings == load_settings(overrides={key: value})


def test_a_mapping_of_free_names_is_set_whole() -> None:
    text = f"{{site: {{hash: 'sha256:{'0' * 64}', role: read}}}}"
    assert service_settings(None, environ={"RANKER_SERVICE_KEYS": text}).service.keys["site"].role == "read"


def test_the_environment_goes_over_file_and_profile_and_options_over_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("service: {port: 1, host: localhost}\nrecency: {half_life_hours: 5}")
    environ = {"RANKER_SERVICE_PORT": "2", "RANKER_RECENCY_HALF_LIFE_HOURS": "7"}
    settings = service_settings(file, profile="newest", environ=environ, options={"service.port": 3})
    assert (settings.service.port, settings.service.host, settings.recency.half_life_hours) == (3, "localhost", 7)
    assert settings.blend == load_settings(profile="newest").blend


def test_a_part_of_a_section_goes_over_the_section() -> None:
    environ = {"RANKER_BLEND_WEIGHTS_HEAT": "0.9", "RANKER_BLEND_WEIGHTS": "{heat: 0.1, quality: 0.2}"}
    weights = service_settings(None, environ=environ).blend.weights
    assert (weights.heat, weights.quality) == (0.9, 0.2)


def test_nothing_set_changes_nothing() -> None:
    assert service_settings(None, environ={}) == load_settings()


def test_names_that_others_read_are_left_to_them() -> None:
    assert service_settings(None, environ={"RANKER_CACHE_DIR": "/tmp/c"}) == load_settings()


def test_only_the_service_looks_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANKER_SERVICE_PORT", "9000")
    assert load_settings().service.port == 8710


def test_no_two_settings_share_a_variable(default_settings: Settings) -> None:
    names = variables(default_settings)
    assert len(names) == len(list(_keys(default_settings, "")))
    assert all(name.startswith(PREFIX) and name == name.upper() for name in names)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("RANKER_SERVICE_PROT", "1", "RANKER_SERVICE_PROT: there is no such setting; near it: RANKER_SERVICE_PORT, "),
        ("RANKER_X", "1", "RANKER_X: there is no such setting; a setting's name is its path in upper case, as RANKER_SERVICE_PORT"),
        ("RANKER_SERVICE_PORT", "abc", "RANKER_SERVICE_PORT: service.port = 'abc': expected `int`, got `str`"),
        ("RANKER_SERVICE_PORT", "70000", "RANKER_SERVICE_PORT: service.port = 70000: expected `int` <= 65535"),
        ("RANKER_SERVICE_PORT", "[1", "RANKER_SERVICE_PORT: is not YAML ("),
        ("RANKER_SERVICE_PORT", "\x01", "RANKER_SERVICE_PORT: is not YAML (an odd character)"),
        ("RANKER_HEAT_COVERAGE", "all", "RANKER_HEAT_COVERAGE: heat.coverage = 'all': expected 'story' or 'related'"),
        ("RANKER_BLEND_WEIGHTS", "{heats: 1}", "RANKER_BLEND_WEIGHTS: blend.weights.heats: unknown key; allowed: "),
        ("RANKER_QUALITY_CAP", "-5", "RANKER_*: quality: cap = -5 must not be below floor = 0"),
    ],
)
def test_a_mistake_is_named_by_its_variable(name: str, text: str, message: str) -> None:
    assert mistake({name: text}).startswith(message)


def test_a_mistake_of_the_file_is_named_by_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("service: {port: x}")
    assert mistake({"RANKER_SERVICE_PORT": "1"}, file).startswith(f"{file}: service.port = 'x'")


# The section itself


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("service: {prot: 1}", "service.prot: unknown key; allowed: host, port, root_path, store, watch, keys, "),
        ("service: {tick_seconds: 0}", "service.tick_seconds = 0: expected `float` >= 0.05"),
        ("service: {keep_days: 0}", "service.keep_days = 0: expected `float` > 0.0"),
        ("service: {rate_per_minute: 0}", "service.rate_per_minute = 0: expected `int` >= 1"),
        ("service: {log_format: xml}", "service.log_format = 'xml': expected 'json' or 'console'"),
        ("service: {keys: {a: {role: read}}}", "service.keys.a: object missing required field `hash`"),
        (
            f"service: {{keys: {{a: {{hash: 'sha256:{'0' * 64}', role: king}}}}}}",
            "service.keys.a.role: expected 'read' or 'write'",
        ),
    ],
)
def test_a_mistake_in_the_section_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    assert mistake({}, file).startswith(f"{file}: {message}")


def test_a_key_that_stands_where_its_hash_belongs_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("service: {keys: {a: {hash: my-secret, role: read}}}")
    message = mistake({}, file)
    assert message.startswith(f'{file}: service.keys.a: hash: expected "sha256:" and 64 hexadecimal digits')
    assert "my-secret" not in message
