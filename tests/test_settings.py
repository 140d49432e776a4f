"""Settings: every default is valid, and every mistake is named with file, key, value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
import yaml

from ranker.errors import SettingsError
from ranker.settings import DEFAULT_PROFILE, Settings, defaults_text, load_settings, profile_names

PROFILES = ["balanced", "editorial", "everyday", "hottest", "newest"]
Load = Callable[..., Settings]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


@pytest.fixture
def load(file: Path) -> Load:
    """Load settings whose file holds a text."""

    def load_text(text: str | bytes, profile: str | None = None, overrides: Mapping[str, object] | None = None) -> Settings:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_settings(file, profile=profile, overrides=overrides)

    return load_text


@pytest.fixture
def mistake(load: Load, file: Path) -> Callable[..., str]:
    """What is said of settings whose file holds a text, behind the file's name."""

    def message(text: str | bytes, profile: str | None = None) -> str:
        with pytest.raises(SettingsError) as caught:
            load(text, profile=profile)
        assert str(caught.value).startswith(str(file))
        return str(caught.value).removeprefix(str(file))

    return message


# What holds


@pytest.mark.parametrize("profile", PROFILES)
def test_every_default_profile_loads(profile: str) -> None:
    assert isinstance(load_settings(profile=profile), Settings)


def test_the_default_profiles_are_known_by_name() -> None:
    assert profile_names() == PROFILES


def test_without_a_profile_the_balanced_one_is_taken() -> None:
    assert load_settings() == load_settings(profile=DEFAULT_PROFILE) == load_settings(profile="balanced")


def test_every_setting_stands_in_the_defaults() -> None:
    tree = yaml.safe_load(defaults_text())
    del tree["profiles"]
    assert msgspec.to_builtins(load_settings()).keys() == tree.keys()
    assert msgspec.convert(tree, Settings) == load_settings()


def test_a_profile_changes_what_it_names_and_nothing_else() -> None:
    plain, everyday = load_settings(), load_settings(profile="everyday")
    assert (everyday.heat.half_life_hours, everyday.heat.coverage, everyday.heat.non_lead) == (None, "related", -1)
    assert msgspec.structs.replace(everyday, heat=plain.heat) == plain


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load_settings().recency.half_life_hours = 1  # type: ignore[misc]  # what is refused here


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeff# nothing", "{}", "recency: {half_life_hours: 12}"])
def test_a_file_that_changes_nothing_gives_the_defaults(text: str, load: Load) -> None:
    assert load(text) == load_settings()


def test_a_file_replaces_what_it_names(load: Load) -> None:
    settings = load("recency:\n  half_life_hours: 3\nblend: {weights: {heat: 1}}\n")
    assert settings.recency.half_life_hours == 3
    assert (settings.blend.weights.heat, settings.blend.weights.quality) == (1, load_settings().blend.weights.quality)


def test_a_file_may_name_a_same_story_model(load: Load) -> None:
    assert load_settings().grouping.same_story_model is None
    assert load("grouping: {same_story_model: mine/own.json}").grouping.same_story_model == "mine/own.json"


def test_a_profile_lies_over_the_file(load: Load) -> None:
    text = "recency: {half_life_hours: 3}\nrelated: {limit: 4}"
    settings = load(text, profile="newest")
    assert settings.recency == load_settings(profile="newest").recency
    assert settings.related.limit == 4


def test_a_file_may_bring_profiles_of_its_own(load: Load, file: Path) -> None:
    settings = load("profiles:\n  mine: {related: {limit: 4}}\n  newest: {related: {limit: 5}}\n", profile="mine")
    assert settings.related.limit == 4
    assert profile_names(file) == sorted([*PROFILES, "mine"])
    newest = load_settings(file, profile="newest")
    assert (newest.related.limit, newest.recency) == (5, load_settings(profile="newest").recency)


def test_overrides_have_the_last_word(load: Load) -> None:
    settings = load("related: {limit: 4}", profile="newest", overrides={"related.limit": 5, "recency.half_life_hours": 7})
    assert (settings.related.limit, settings.recency.half_life_hours) == (5, 7)
    assert settings.blend == load_settings(profile="newest").blend


def test_an_override_of_a_section_keeps_its_other_keys() -> None:
    weights = load_settings(overrides={"blend.weights": {"heat": 0.5}}).blend.weights
    assert (weights.heat, weights.quality) == (0.5, load_settings().blend.weights.quality)


def test_no_overrides_change_nothing() -> None:
    assert load_settings(overrides={}) == load_settings()


@pytest.mark.parametrize(
    ("where", "load_types"),
    [
        ("file", lambda load, types: load(f"quality: {{points: {{types: {types}}}}}")),
        ("profile", lambda load, types: load(f"profiles: {{mine: {{quality: {{points: {{types: {types}}}}}}}}}", profile="mine")),
        ("override", lambda load, types: load("", overrides={"quality.points.types": types})),
    ],
)
def test_a_mapping_of_free_names_replaces_the_whole_default(where: str, load_types: Callable[[Load, object], Settings], load: Load) -> None:
    assert load_types(load, {"podcast": 5}).quality.points.types == {"podcast": 5}, where


def test_groups_of_a_profile_replace_those_of_the_file(load: Load) -> None:
    text = "publishers: {groups: {a: [a.example]}}\nprofiles: {mine: {publishers: {groups: {b: [b.example]}}}}"
    assert load(text, profile="mine").publishers.groups == {"b": ["b.example"]}


def test_one_entry_of_free_names_can_be_overridden_alone(load: Load) -> None:
    settings = load("quality: {points: {types: {video: 1, podcast: 2}}}", overrides={"quality.points.types.podcast": 3})
    assert settings.quality.points.types == {"video": 1, "podcast": 3}


def test_anchors_may_be_used(load: Load) -> None:
    text = "quality: &q {points: {topic: 1}}\nprofiles: {mine: {quality: *q, recency: &r {half_life_hours: 5}}, other: {recency: {<<: *r}}}"
    assert load(text, profile="other").recency.half_life_hours == 5


# Known providers from a file


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_known_providers_may_stand_in_a_file_beside_the_settings(
    start: str, load: Load, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "lists").mkdir()
    (file.parent / "lists" / "known.txt").write_text(f"{start}a.example\n\n  # none of these\r\n  b.example  \n", "utf-8")
    monkeypatch.chdir("/")
    assert load("quality: {known_providers: {file: lists/known.txt}}").quality.known_providers == ["a.example", "b.example"]


def test_a_profile_may_name_its_own_file_of_known_providers(load: Load, file: Path) -> None:
    (file.parent / "known.txt").write_text("a.example\n")
    settings = load("profiles: {mine: {quality: {known_providers: {file: known.txt}}}}", profile="mine")
    assert settings.quality.known_providers == ["a.example"]


def test_a_file_of_known_providers_may_be_named_in_full(load: Load, tmp_path_factory: pytest.TempPathFactory) -> None:
    known = tmp_path_factory.mktemp("else") / "known.txt"
    known.write_text("a.example\n")
    assert load(f"quality: {{known_providers: {{file: {known}}}}}").quality.known_providers == ["a.example"]


@pytest.mark.parametrize("reference", ["{}", "{fil: a}", "{file: a, and: b}", "{file: 7}", "{file: null}"])
def test_any_other_mapping_of_known_providers_is_refused(reference: str, mistake: Callable[..., str]) -> None:
    message = mistake(f"quality: {{known_providers: {reference}}}")
    assert message.startswith(": quality.known_providers: {")
    assert message.endswith("; allowed: a list of domains, or {file: PATH}")


def test_a_missing_file_of_known_providers_is_named(mistake: Callable[..., str], file: Path) -> None:
    message = mistake("quality: {known_providers: {file: none.txt}}")
    assert message == f": quality.known_providers: {file.parent / 'none.txt'} cannot be read (No such file or directory)"


def test_a_file_of_known_providers_must_be_utf8(mistake: Callable[..., str], file: Path) -> None:
    (file.parent / "known.txt").write_bytes(b"a\xff")
    message = mistake("quality: {known_providers: {file: known.txt}}")
    assert message == f": quality.known_providers: {file.parent / 'known.txt'} is not UTF-8 (byte 1)"


# Mistakes in values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("encoder: {nmae: x}", "encoder.nmae: unknown key; allowed: name, batch_size, precision"),
        ("heat: {decay: 1}", "heat.decay: unknown key; allowed: points_per_coverage, half_life_hours, coverage, non_lead"),
        ("quality: {points: {topics: 1}}", "quality.points.topics: unknown key; allowed: topic, image, amp, types, own_feed, "),
        ("a`b: 1", "a`b: unknown key; allowed: reading, encoder, cache, "),
        ("7: x", "7: a key must be text"),
        ("publishers: {groups: {7: [a]}}", "publishers.groups.7: a key must be text"),
        ("recency: {half_life_hours: fast}", "recency.half_life_hours = 'fast': expected `float`, got `str`"),
        ("recency: {half_life_hours: true}", "recency.half_life_hours = True: expected `float`, got `bool`"),
        ("recency: {half_life_hours: 0}", "recency.half_life_hours = 0: expected `float` > 0.0"),
        ("recency: {half_life_hours: -1}", "recency.half_life_hours = -1: expected `float` > 0.0"),
        ("recency: {half_life_hours: 1e3}", "recency.half_life_hours = '1e3': expected `float`, got `str`"),
        ("heat: {points_per_coverage: -1}", "heat.points_per_coverage = -1: expected `float` >= 0.0"),
        ("related: {min_similarity: 1.1}", "related.min_similarity = 1.1: expected `float` <= 1.0"),
        ("related: {limit: 1.5}", "related.limit = 1.5: expected `int`, got `float`"),
        ("related: {per_provider: 0}", "related.per_provider = 0: expected `int` >= 1"),
        ("related: {same_story_first: maybe}", "related.same_story_first = 'maybe': expected `bool`, got `str`"),
        ("grouping: {window_days: 0}", "grouping.window_days = 0: expected `float` > 0.0"),
        ("grouping: {neighbours: 0}", "grouping.neighbours = 0: expected `int` >= 1"),
        ("grouping: {neighbours_on_other_days: 2.5}", "grouping.neighbours_on_other_days = 2.5: expected `int`, got `float`"),
        ("grouping: {background_texts: -1}", "grouping.background_texts = -1: expected `float` >= 0.0"),
        ("grouping: {same_story_model: 7}", "grouping.same_story_model = 7: expected `str | null`, got `int`"),
        ("grouping: {dense_weight: 0.4}", "grouping.dense_weight: unknown key; allowed: window_days, neighbours, "),
        ("encoder: {name: ''}", "encoder.name = '': expected `str` of length >= 1"),
        ("encoder: {name: [a]}", "encoder.name = ['a']: expected `str`, got a list"),
        ("encoder: {precision: half}", "encoder.precision = 'half': expected 'auto' or 'float32' or 'bfloat16'"),
        ("heat: {coverage: all}", "heat.coverage = 'all': expected 'story' or 'related'"),
        ("heat: {coverage: 5}", "heat.coverage = 5: expected 'story' or 'related'"),
        ("heat: {non_lead: lead}", "heat.non_lead = 'lead': expected 'own' or a number"),
        ("heat: {non_lead: null}", "heat.non_lead = None: expected 'own' or a number"),
        ("quality: {points: {types: {video: much}}}", "quality.points.types.video = 'much': expected `float`, got `str`"),
        ("quality: {own_feeds: [a, 7]}", "quality.own_feeds[1] = 7: expected `str`, got `int`"),
        ("quality: {topic_terms: [[a], [b, 7]]}", "quality.topic_terms[1][1] = 7: expected `str`, got `int`"),
        ("quality: {topic_terms: [a]}", "quality.topic_terms[0] = 'a': expected a list, got `str`"),
        ("publishers: {groups: {a: [b], c: d}}", "publishers.groups.c = 'd': expected a list, got `str`"),
        ("publishers: {groups: {a: [b], c.d: [e, 7]}}", "publishers.groups.c.d[1] = 7: expected `str`, got `int`"),
        ("quality: {floor: 10, cap: 5}", "quality: cap = 5 must not be below floor = 10"),
        ("quality:", "quality = None: expected a mapping, got `null`"),
        ("quality: 7", "quality = 7: expected a mapping, got `int`"),
        ("quality: [1]", "quality = [1]: expected a mapping, got a list"),
        ("encoder: {name: {a: b}}", "encoder.name: expected `str`, got a mapping"),
        ("recency: {half_life_hours: .inf}", "recency.half_life_hours = inf: expected a finite number"),
        ("recency: {half_life_hours: .nan}", "recency.half_life_hours = nan: expected `float` > 0.0"),
        ("related: {min_similarity: .nan}", "related.min_similarity = nan: expected "),
        ("quality: {base: .nan}", "quality.base = nan: expected a finite number"),
        ("quality: {cap: .inf}", "quality.cap = inf: expected a finite number"),
        ("quality: {points: {topic: -.inf}}", "quality.points.topic = -inf: expected a finite number"),
        ("quality: {points: {types: {video: .nan}}}", "quality.points.types.video = nan: expected a finite number"),
        ("heat: {non_lead: .nan}", "heat.non_lead = nan: expected a finite number"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_key_value_and_what_is_allowed(text: str, message: str, mistake: Callable[..., str]) -> None:
    assert mistake(text).startswith(f": {message}")


def test_a_mistake_in_any_profile_is_named_with_the_profile(mistake: Callable[..., str]) -> None:
    assert mistake("profiles: {mine: {related: {limt: 1}}}").startswith(", profile mine: related.limt: unknown key; allowed: limit,")


def test_a_profile_that_does_not_go_with_the_file_is_refused(mistake: Callable[..., str]) -> None:
    text = "quality: {floor: 10}\nprofiles: {mine: {quality: {cap: 5}}}"
    assert mistake(text) == ", profile mine: quality: cap = 5 must not be below floor = 10"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"encoder.nmae": 1}, "encoder.nmae: unknown key; allowed: name, batch_size, precision"),
        ({"encoder.name.first": 1}, "encoder.name: expected `str`, got a mapping"),
        ({"nothing.at.all": 1}, "nothing: unknown key; allowed: reading, "),
        ({"profiles.mine": {}}, "profiles: unknown key; allowed: reading, "),
        ({"": 1}, ": unknown key; allowed: reading, "),
        ({"recency.half_life_hours": float("nan")}, "recency.half_life_hours = nan: expected "),
        ({"quality.base": float("inf")}, "quality.base = inf: expected a finite number"),
        ({"encoder.batch_size": "64"}, "encoder.batch_size = '64': expected `int`, got `str`"),
    ],
)
def test_a_mistake_in_an_override_is_named(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(overrides=overrides)
    assert str(caught.value).startswith(f"override: {message}")


def test_a_long_value_is_shown_in_part(mistake: Callable[..., str]) -> None:
    assert len(mistake(f"encoder: {{precision: {'x' * 5000}}}")) < 200


def test_laughing_values_are_shown_in_part(mistake: Callable[..., str]) -> None:
    text = "a0: &a0 [ha]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)) + "encoder: {name: *a11}\n"
    assert len(mistake(text)) < 400


# Profiles


def test_an_unknown_profile_is_refused_with_the_known_ones(mistake: Callable[..., str]) -> None:
    assert mistake("profiles: {mine: {}}", profile="yours") == (
        ": no profile 'yours'; there are balanced, editorial, everyday, hottest, mine, newest"
    )
    with pytest.raises(
        SettingsError, match=r"^defaults.yaml: no profile 'yours'; there are balanced, editorial, everyday, hottest, newest$"
    ):
        load_settings(profile="yours")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profiles:", ": profiles: must map a name to the settings it changes"),
        ("profiles: [mine]", ": profiles: must map a name to the settings it changes"),
        ("profiles: {mine: 7}", ": profiles.mine: 7; allowed: a mapping of settings"),
        ("profiles:\n  mine:", ": profiles.mine: None; allowed: a mapping of settings"),
        ("profiles: {7: {}}", ": profiles.7: {}; allowed: a mapping of settings"),
    ],
)
def test_profiles_must_be_mappings(text: str, message: str, mistake: Callable[..., str]) -> None:
    assert mistake(text) == message


# Mistakes in the file


def test_a_missing_file_is_an_error(file: Path) -> None:
    for load in (load_settings, profile_names):
        with pytest.raises(SettingsError) as caught:
            load(file)
        assert str(caught.value) == f"{file}: cannot be read (No such file or directory)"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\)$"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("recency: {half_life_hours: 3}\nheat: {", ": line 3 is not YAML (", id="open bracket"),
        pytest.param("recency:\n\thalf_life_hours: 3", ": line 2 is not YAML (", id="tab"),
        pytest.param("a: b: c", ": line 1 is not YAML (mapping values are not allowed in this context)", id="colon"),
        pytest.param("a: 1\n\nb: *c", ": line 3 is not YAML (found undefined alias)", id="alias"),
        pytest.param("a: 1\n---\nb: 1", ": line 2 is not YAML (", id="two documents"),
        pytest.param("a: 1\n? [b]\n: 1", ": line 2 is not YAML (found unhashable key)", id="a list as key"),
        pytest.param("a: !!python/name:os.system", ": line 1 is not YAML (could not determine a constructor for the tag", id="python tag"),
        pytest.param("heat: {}\nrecency: {}\nheat: {}", ": line 3 is not YAML (the key 'heat' stands twice)", id="key twice"),
        pytest.param("recency:\n  a: 1\n  a: 1", ": line 3 is not YAML (the key 'a' stands twice)", id="key twice below"),
        pytest.param("é: 1\n\nb: \x01", ": line 3 is not YAML (holds the character U+0001)", id="control character"),
        pytest.param(b"a: \xff", ": is not UTF-8 (byte 3)", id="not UTF-8"),
        pytest.param("- a", ": must be a mapping of sections, not list", id="list"),
        pytest.param("words", ": must be a mapping of sections, not str", id="text"),
        pytest.param("a:\n  b: " + "[" * 100_000, ": line 2 is nested deeper than 16 levels", id="deep"),
    ],
)
def test_a_file_that_is_no_settings_is_refused_with_the_line(text: str | bytes, message: str, mistake: Callable[..., str]) -> None:
    assert mistake(text).startswith(message)
