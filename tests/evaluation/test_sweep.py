"""Sweeps: what an option says, the settings it gives, and an encoder that is asked once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.hashing_encoder import HashingEncoder

from ranker.errors import SettingsError
from ranker.evaluation.sweep import RememberingEncoder, Sweep, parsed_sweep, swept_settings


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "key", "values"),
        [
            ("grouping.window_days=3,5,7", "grouping.window_days", (3, 5, 7)),
            (" grouping.background_texts = 0, 0.05 ", "grouping.background_texts", (0, 0.05)),
            ("encoder.name=static", "encoder.name", ("static",)),
            ("heat.half_life_hours=null, 24", "heat.half_life_hours", (None, 24)),
            ("related.keep_unknown=true,no", "related.keep_unknown", (True, False)),
            ("quality.own_feeds=[],[a.example, b.example]", "quality.own_feeds", ([], ["a.example", "b.example"])),
            ("encoder.name='a,b',c=d", "encoder.name", ("a,b", "c=d")),
            ("grouping.window_days=3 # not four", "grouping.window_days", (3,)),
        ],
    )
    def test_values_are_yaml(self, text: str, key: str, values: tuple[object, ...]) -> None:
        assert parsed_sweep(text) == Sweep(key, values)

    @pytest.mark.parametrize("text", ["grouping.window_days", "=3", "grouping.=3", "grouping..window_days=3", ""])
    def test_another_form_is_refused(self, text: str) -> None:
        with pytest.raises(SettingsError, match=f"--sweep {text}: write KEY=A,B,C, such as"):
            parsed_sweep(text)

    @pytest.mark.parametrize("text", ["grouping.window_days=", "grouping.window_days=  "])
    def test_no_value_is_refused(self, text: str) -> None:
        with pytest.raises(SettingsError, match="names no value"):
            parsed_sweep(text)

    @pytest.mark.parametrize("listed", ["3,[", "3]", "1,,2", "!!python/none 3", "{a", "\x00"])
    def test_what_is_no_yaml_is_refused(self, listed: str) -> None:
        with pytest.raises(SettingsError, match="the values are not YAML"):
            parsed_sweep(f"grouping.window_days={listed}")

    @pytest.mark.parametrize("key", ["reading.max_title_characters", "cache.enabled", "reading"])
    def test_a_setting_of_reading_cannot_be_swept(self, key: str) -> None:
        with pytest.raises(SettingsError, match="the input is read once"):
            parsed_sweep(f"{key}=1")


class TestSettings:
    def test_each_value_has_its_own(self) -> None:
        found = swept_settings(Sweep("grouping.window_days", (3, 5.5)))
        assert [settings.grouping.window_days for settings in found] == [3, 5.5]

    def test_all_else_stays_as_asked_for(self, tmp_path: Path) -> None:
        path = tmp_path / "ranker.yaml"
        path.write_text("related: {limit: 7}\n")
        overrides: dict[str, object] = {"encoder.name": "static"}
        (settings,) = swept_settings(Sweep("grouping.window_days", (3,)), path, profile="newest", overrides=overrides)
        assert (settings.related.limit, settings.encoder.name, settings.blend.weights.recency) == (7, "static", 0.7)
        assert overrides == {"encoder.name": "static"}

    def test_the_sweep_has_the_last_word(self) -> None:
        (settings,) = swept_settings(Sweep("encoder.name", ("static",)), overrides={"encoder.name": "minilm"})
        assert settings.encoder.name == "static"

    @pytest.mark.parametrize(
        ("sweep", "reason"),
        [
            (Sweep("grouping.window", (3,)), "--sweep: grouping.window: unknown key; allowed: window_days"),
            (Sweep("frob", (3,)), "--sweep: frob: unknown key"),
            (Sweep("grouping.window_days", (3, -1)), r"--sweep: grouping.window_days = -1: expected `float` > 0"),
            (Sweep("grouping.window_days", ("many",)), "--sweep: grouping.window_days = 'many': expected `float`"),
            (Sweep("grouping", (3,)), "--sweep: grouping = 3: expected a mapping"),
            (Sweep("grouping.window_days.more", (3,)), "--sweep: grouping.window_days"),
            (Sweep("grouping.window_days", (float("inf"),)), "--sweep: grouping.window_days = inf: expected `float` <= 366.0"),
        ],
    )
    def test_a_bad_key_or_value_is_named(self, sweep: Sweep, reason: str) -> None:
        with pytest.raises(SettingsError, match=reason):
            swept_settings(sweep)

    def test_what_is_wrong_without_the_sweep_is_not_blamed_on_it(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r"^/.*nowhere\.yaml: cannot be read"):
            swept_settings(Sweep("grouping.window_days", (3,)), tmp_path / "nowhere.yaml")


class TestRememberingEncoder:
    def test_gives_what_the_encoder_behind_it_gives(self) -> None:
        texts = ["storm", "ferry", "storm"]
        remembering = RememberingEncoder(HashingEncoder())
        for _ in range(2):
            assert np.array_equal(remembering.encode(texts), HashingEncoder().encode(texts))
        assert remembering.fingerprint == HashingEncoder().fingerprint

    def test_asks_for_no_text_twice(self) -> None:
        behind = HashingEncoder()
        remembering = RememberingEncoder(behind)
        for texts in (["storm", "ferry", "storm"], ["ferry"], ["quake", "storm"]):
            remembering.encode(texts)
        assert behind.seen == ["storm", "ferry", "quake"]

    def test_of_no_text_has_as_many_columns(self) -> None:
        assert RememberingEncoder(HashingEncoder(16)).encode([]).shape == (0, 16)

    def test_tells_of_every_text(self) -> None:
        remembering = RememberingEncoder(HashingEncoder())
        for texts in (["storm", "ferry"], ["storm", "quake", "storm"], ["storm"]):
            told: list[int] = []
            remembering.encode(texts, progress=told.append)
            assert sum(told) == len(texts)
