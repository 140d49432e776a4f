"""Settings: every default is valid, and every mistake is named with file, key, value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from ranker.errors import SettingsError
from ranker.settings import QUALITY_LISTS, GroupLeads, QualityRule, Settings
from ranker.settings_file import DEFAULT_PROFILE, defaults_text, load_settings, profile_names, profile_overlay

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
    assert everyday.quality == msgspec.structs.replace(plain.quality, story_weights=[1])
    assert msgspec.structs.replace(everyday, heat=plain.heat, quality=plain.quality) == plain


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
    assert str(load("grouping: {same_story_model: mine/own.json}").grouping.same_story_model).endswith("/mine/own.json")


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


def test_anchors_may_be_used(load: Load) -> None:
    text = "related: &q {limit: 4}\nprofiles: {mine: {related: *q, recency: &r {half_life_hours: 5}}, other: {recency: {<<: *r}}}"
    assert load(text, profile="other").recency.half_life_hours == 5


# Values that are whole: groups of publishers, leads of a group


@pytest.mark.parametrize(
    ("where", "load_groups"),
    [
        ("file", lambda load, groups: load(f"publishers: {{groups: {groups}}}")),
        ("profile", lambda load, groups: load(f"profiles: {{mine: {{publishers: {{groups: {groups}}}}}}}", profile="mine")),
        ("override", lambda load, groups: load("publishers: {groups: {a: [a.example]}}", overrides={"publishers.groups": groups})),
    ],
)
def test_a_mapping_of_free_names_is_taken_whole(where: str, load_groups: Callable[[Load, object], Settings], load: Load) -> None:
    assert load_groups(load, {"b": ["b.example"]}).publishers.groups == {"b": ["b.example"]}, where


def test_groups_of_a_profile_replace_those_of_the_file(load: Load) -> None:
    text = "publishers: {groups: {a: [a.example]}}\nprofiles: {mine: {publishers: {groups: {b: [b.example]}}}}"
    assert load(text, profile="mine").publishers.groups == {"b": ["b.example"]}


def test_one_group_can_be_overridden_alone(load: Load) -> None:
    settings = load("publishers: {groups: {a: [a.example], b: [b.example]}}", overrides={"publishers.groups.b": ["c.example"]})
    assert settings.publishers.groups == {"a": ["a.example"], "b": ["c.example"]}


def test_leads_of_a_group_are_one_value(load: Load, mistake: Callable[..., str]) -> None:
    text = "order: {group_leads: {at_most: 1, of_top: 5}}"
    assert load(text).order.group_leads == GroupLeads(at_most=1, of_top=5)
    assert load(text, profile="editorial").order.group_leads == GroupLeads(at_most=3, of_top=10)
    assert load("profiles: {editorial: {order: {group_leads: null}}}", profile="editorial").order.group_leads is None
    half = "profiles: {editorial: {order: {group_leads: {at_most: 1}}}}"
    assert mistake(half) == ", profile editorial: order.group_leads: object missing required field `of_top`"
    half = f"{text}\nprofiles: {{mine: {{order: {{group_leads: {{at_most: 2}}}}}}}}"
    assert mistake(half) == ", profile mine: order.group_leads: object missing required field `of_top`"


def test_what_stands_beside_the_leads_of_a_group_stays(load: Load) -> None:
    order = load("order: {group_leads: {at_most: 1, of_top: 5}}", profile="editorial").order
    assert (order.topic_in_a_row, order.follow_ups, order.top) == (2, "near", load_settings().order.top)


# Rules of the scorecard


def rules(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins({name: rule for name, rule in settings.quality.rules.items() if rule is not None})
    return found


def test_one_key_of_a_rule_can_be_changed(load: Load) -> None:
    before, after = rules(load_settings()), rules(load("quality: {rules: {own_feed: {points: 40}}}"))
    assert after == before | {"own_feed": before["own_feed"] | {"points": 40}}
    assert list(after) == list(before)


def test_a_rule_that_names_its_test_is_a_new_one(load: Load) -> None:
    before, after = rules(load_settings()), rules(load("quality: {rules: {own_feed: {feature: live, test: present, points: 40}}}"))
    assert before["own_feed"]["one_of"] == "source"
    assert after["own_feed"] == msgspec.to_builtins(QualityRule(feature="live", test="present", points=40))
    assert {name: rule for name, rule in after.items() if name != "own_feed"} == {
        name: rule for name, rule in before.items() if name != "own_feed"
    }


def test_a_rule_that_names_its_test_must_be_whole(mistake: Callable[..., str]) -> None:
    assert mistake("quality: {rules: {topics: {test: count}}}") == ": quality.rules.topics: object missing required field `feature`"


def test_null_leaves_a_rule_out(load: Load) -> None:
    settings = load("quality: {rules: {topics: null, image: }}")
    assert (settings.quality.rules["topics"], settings.quality.rules["image"]) == (None, None)
    assert rules(settings) == {name: rule for name, rule in rules(load_settings()).items() if name not in {"topics", "image"}}


def test_a_rule_of_another_name_stands_behind_the_others(load: Load) -> None:
    found = rules(load("quality: {rules: {live: {feature: live, test: present, points: 9}}}"))
    assert list(found) == [*rules(load_settings()), "live"]


def test_rules_of_a_profile_lie_over_those_of_the_file(load: Load) -> None:
    text = """
quality: {rules: {own_feed: {points: 40, above: 2}, image: null, live: {feature: live, test: present, points: 9}}}
profiles:
  mine: {quality: {rules: {own_feed: {points: 50}, live: null, image: {feature: images, test: count, points: 5}}}}
"""
    own_feed = rules(load_settings())["own_feed"]
    settings = load(text, profile="mine")
    assert rules(settings)["own_feed"] == own_feed | {"points": 50, "above": 2}
    assert settings.quality.rules["live"] is None
    assert settings.quality.rules["image"] == QualityRule(feature="images", test="count", points=5)
    assert rules(load(text))["own_feed"] == own_feed | {"points": 40, "above": 2}


def test_a_rule_that_was_left_out_cannot_be_changed(mistake: Callable[..., str]) -> None:
    text = "quality: {rules: {image: null}}\nprofiles: {mine: {quality: {rules: {image: {points: 5}}}}}"
    assert mistake(text) == ", profile mine: quality.rules.image: object missing required field `feature`"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"quality.rules.own_feed.points": 40}, {"points": 40, "one_of": "source"}),
        ({"quality.rules.own_feed": {"points": 40}}, {"points": 40, "one_of": "source"}),
        ({"quality.rules": {"own_feed": {"points": 40}}}, {"points": 40, "one_of": "source"}),
        ({"quality.rules.own_feed": {"feature": "live", "test": "present", "points": 40}}, {"points": 40, "one_of": None}),
        ({"quality.rules.own_feed": None}, None),
    ],
)
def test_rules_may_be_overridden(overrides: dict[str, object], expected: dict[str, object] | None) -> None:
    changed = load_settings(overrides=overrides)
    rule = changed.quality.rules["own_feed"]
    assert (rule and {"points": rule.points, "one_of": rule.one_of}) == expected
    assert list(changed.quality.rules) == list(load_settings().quality.rules)


@pytest.mark.parametrize("name", QUALITY_LISTS)
def test_a_rule_may_name_a_list_of_the_section(name: str, load: Load) -> None:
    settings = load(f"quality: {{rules: {{mine: {{feature: title, test: contains, values: {name}, points: 1}}}}}}")
    rule = settings.quality.rules["mine"]
    assert rule is not None
    assert rule.values == name
    assert getattr(settings.quality, name) == []


def test_values_of_a_rule_may_be_synonyms(load: Load) -> None:
    rule = load("quality: {rules: {topic_terms_in_title: {values: [a, [b, c]]}}}").quality.rules["topic_terms_in_title"]
    assert rule is not None
    assert (rule.values, rule.points) == (["a", ["b", "c"]], 15)


# Files of publishers


def test_files_of_publishers_are_relative_to_the_settings_file(load: Load, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    settings = load("publishers: {files: [lists/a.csv, ../b.csv, /c.csv]}")
    assert settings.publishers.files == [f"{file.parent}/lists/a.csv", f"{file.parent}/../b.csv", "/c.csv"]
    assert settings.publishers.known is True


def test_a_decision_of_one_s_own_is_relative_to_the_settings_file(load: Load, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert load("grouping: {same_story_model: mine/decision.json}").grouping.same_story_model == f"{file.parent}/mine/decision.json"
    assert load("grouping: {same_story_model: /mine.json}").grouping.same_story_model == "/mine.json"
    assert load("grouping: {same_story_model: null}").grouping.same_story_model is None


def test_a_profile_may_name_its_own_files_of_publishers(load: Load, file: Path) -> None:
    text = "publishers: {files: [a.csv]}\nprofiles: {mine: {publishers: {files: [b.csv]}}}"
    assert load(text, profile="mine").publishers.files == [f"{file.parent}/b.csv"]
    assert load(text).publishers.files == [f"{file.parent}/a.csv"]


def test_files_of_publishers_in_an_override_are_relative_to_where_one_is() -> None:
    assert load_settings(overrides={"publishers.files": ["a.csv"]}).publishers.files == ["a.csv"]


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
        ("heat: {decay: 1}", "heat.decay: unknown key; allowed: points_per_coverage, half_life_hours, burst, past_half_life_hours, "),
        ("quality: {points: {topics: 1}}", "quality.points: unknown key; allowed: base, floor, cap, own_feeds, known_providers, "),
        ("blend: {weights: {heats: 1}}", "blend.weights.heats: unknown key; allowed: quality, heat, recency"),
        ("a`b: 1", "a`b: unknown key; allowed: reading, encoder, cache, "),
        ("7: x", "7: a key must be text"),
        ("publishers: {groups: {7: [a]}}", "publishers.groups.7: a key must be text"),
        ("recency: {half_life_hours: fast}", "recency.half_life_hours = 'fast': expected `float`, got `str`"),
        ("recency: {half_life_hours: true}", "recency.half_life_hours = True: expected `float`, got `bool`"),
        ("recency: {half_life_hours: 0}", "recency.half_life_hours = 0: expected `float` >= 0.01"),
        ("recency: {half_life_hours: -1}", "recency.half_life_hours = -1: expected `float` >= 0.01"),
        ("recency: {half_life_hours: 87661}", "recency.half_life_hours = 87661: expected `float` <= 87660.0"),
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
        ("recency: {half_life_hours: .inf}", "recency.half_life_hours = inf: expected `float` <= 87660.0"),
        ("recency: {half_life_hours: .nan}", "recency.half_life_hours = nan: expected `float` >= 0.01"),
        ("related: {min_similarity: .nan}", "related.min_similarity = nan: expected "),
        ("quality: {base: .nan}", "quality.base = nan: expected a finite number"),
        ("quality: {cap: .inf}", "quality.cap = inf: expected a finite number"),
        ("quality: {rules: {topics: {points: -.inf}}}", "quality.rules.topics.points = -inf: expected a finite number"),
        ("quality: {rules: {a: null, topics: {up_to: .inf}}}", "quality.rules.topics.up_to = inf: expected a finite number"),
        ("blend: {heat_half: .inf}", "blend.heat_half = inf: expected a finite number"),
        ("heat: {non_lead: .nan}", "heat.non_lead = nan: expected a finite number"),
        ("heat: {half_life_hours: fast}", "heat.half_life_hours = 'fast': expected `float | null`, got `str`"),
        ("heat: {half_life_hours: 0.001}", "heat.half_life_hours = 0.001: expected `float` >= 0.01"),
        ("heat: {burst: -1}", "heat.burst = -1: expected `float` >= 0.0"),
        ("heat: {audience_fields: visits}", "heat.audience_fields = 'visits': expected a list, got `str`"),
        ("phase: {fading_below: 1.5}", "phase.fading_below = 1.5: expected `float` <= 1.0"),
        ("phase: {breaking_groups: 0}", "phase.breaking_groups = 0: expected `int` >= 1"),
        ("blend: {scale: lists}", "blend.scale = 'lists': expected 'fixed' or 'list'"),
        ("blend: {quality_scale: 0}", "blend.quality_scale = 0: expected `float` > 0.0"),
        ("blend: {weights: {heat: -0.1}}", "blend.weights.heat = -0.1: expected `float` >= 0.0"),
        ("order: {top: 0}", "order.top = 0: expected `int` >= 1"),
        ("order: {topic_in_a_row: 0}", "order.topic_in_a_row = 0: expected `int` >= 1"),
        ("order: {stale_after_hours: 0}", "order.stale_after_hours = 0: expected `float` > 0.0"),
        ("order: {follow_ups: far}", "order.follow_ups = 'far': expected 'leave' or 'near' or 'fold'"),
        ("order: {follow_up_similarity: 2}", "order.follow_up_similarity = 2: expected `float` <= 1.0"),
        ("order: {pinned: [a, 7]}", "order.pinned[1] = 7: expected `str`, got `int`"),
        ("order: {group_leads: 3}", "order.group_leads = 3: expected a mapping or `null`, got `int`"),
        ("order: {group_leads: {at_most: 3}}", "order.group_leads: object missing required field `of_top`"),
        ("order: {group_leads: {at_most: 0, of_top: 3}}", "order.group_leads.at_most = 0: expected `int` >= 1"),
        ("order: {group_leads: {at_most: 3, of_topp: 3}}", "order.group_leads.of_topp: unknown key; allowed: at_most, of_top"),
        ("publishers: {files: a.csv}", "publishers.files = 'a.csv': expected a list, got `str`"),
        ("publishers: {files: [a.csv, 7]}", "publishers.files[1] = 7: expected `str`, got `int`"),
        ("publishers: {known: 1}", "publishers.known = 1: expected `bool`, got `int`"),
        ("quality: {story_weights: []}", "quality.story_weights = []: expected a list of length >= 1"),
        ("quality: {story_weights: [.nan]}", "quality.story_weights[0] = nan: expected `float` >= 0.0"),
        ("quality: {story_weights: [0.9, 1.5]}", "quality.story_weights[1] = 1.5: expected `float` <= 1.0"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_key_value_and_what_is_allowed(text: str, message: str, mistake: Callable[..., str]) -> None:
    assert mistake(text).startswith(f": {message}")


RULE = "feature: live, test: present, points: 1"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("7", " = 7: expected a mapping or `null`, got `int`"),
        ("{}", ": object missing required field `feature`"),
        ("{feature: live, points: 1}", ": object missing required field `test`"),
        ("{feature: live, test: present}", ": object missing required field `points`"),
        (f"{{{RULE}, pionts: 2}}", ".pionts: unknown key; allowed: feature, test, points, values, above, up_to, one_of"),
        ("{feature: '', test: present, points: 1}", ".feature = '': expected `str` of length >= 1"),
        ("{feature: live, test: glows, points: 1}", ".test = 'glows': expected 'present' or 'absent' or 'equals' or 'contains' or "),
        ("{feature: live, test: present, points: many}", ".points = 'many': expected `float`, got `str`"),
        (f"{{{RULE}, above: -1}}", ".above = -1: expected `float` >= 0.0"),
        (f"{{{RULE}, up_to: 0}}", ".up_to = 0: expected `float` > 0.0"),
        (f"{{{RULE}, above: 5, up_to: 5}}", ": up_to = 5 must be greater than above = 5"),
        (f"{{{RULE}, one_of: 3}}", ".one_of = 3: expected `str | null`, got `int`"),
        (f"{{{RULE}, values: 7}}", ".values = 7: expected `str` or a list, got `int`"),
        (f"{{{RULE}, values: [a, 7]}}", ".values[1] = 7: expected `str` or a list, got `int`"),
        (f"{{{RULE}, values: [a, [b, 7]]}}", ".values[1][1] = 7: expected `str`, got `int`"),
        (f"{{{RULE}, values: mine}}", ": values = 'mine': expected a list, or one of own_feeds, known_providers, topic_terms"),
        (f"{{{RULE}, values: story_weights}}", ": values = 'story_weights': expected a list, or one of own_feeds, "),
        ("{feature: live, test: equals, points: 1}", ": values: the test equals needs some"),
        ("{feature: live, test: contains, points: 1, values: []}", ": values: the test contains needs some"),
        ("{feature: provider, test: domain, points: 1}", ": values: the test domain needs some"),
        ("{feature: url, test: address, points: 1}", ": values: the test address needs some"),
    ],
)
def test_a_mistake_in_a_rule_is_named_with_the_rule(rule: str, message: str, mistake: Callable[..., str]) -> None:
    said = f"quality.rules.mine{message}"
    assert mistake(f"quality: {{rules: {{image: null, mine: {rule}}}}}").startswith(f": {said}")
    assert mistake(f"profiles: {{p: {{quality: {{rules: {{mine: {rule}}}}}}}}}").startswith(f", profile p: {said}")


@pytest.mark.parametrize("test", ["present", "absent", "length", "count", "age", "always"])
def test_other_tests_need_no_values(test: str, load: Load) -> None:
    assert load(f"quality: {{rules: {{mine: {{feature: live, test: {test}, points: 1}}}}}}").quality.rules["mine"] is not None


def test_floor_and_cap_may_be_level(load: Load) -> None:
    quality = load("quality: {floor: 10, cap: 10}").quality
    assert (quality.floor, quality.cap) == (10, 10)


@pytest.mark.parametrize("weights", ["[0.2, 0.7]", "[0.7, 0.1, 0.2]"])
def test_story_weights_must_not_rise(weights: str, mistake: Callable[..., str]) -> None:
    message = f": quality: story_weights = {weights} must not rise: the better article counts more"
    assert mistake(f"quality: {{story_weights: {weights}}}") == message


@pytest.mark.parametrize("weights", [[1], [0.5, 0.5], [1, 0.5, 0]])
def test_story_weights_may_be_level(weights: list[float], load: Load) -> None:
    assert load(f"quality: {{story_weights: {weights}}}").quality.story_weights == weights


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
        ({"quality.rules.topics.points": "17"}, "quality.rules.topics.points = '17': expected `float`, got `str`"),
        ({"order.group_leads.at_most": 3}, "order.group_leads: object missing required field `of_top`"),
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


def test_what_a_profile_changes_can_be_read_by_itself(file: Path) -> None:
    shipped = yaml.safe_load(defaults_text())["profiles"]
    assert {name: profile_overlay(None, name) for name in PROFILES} == shipped
    assert shipped["balanced"] == {}
    file.write_text("related: {limit: 4}\nprofiles: {mine: {publishers: {files: [a.csv]}}, newest: {related: {limit: 5}}}")
    assert profile_overlay(file, "mine") == {"publishers": {"files": [f"{file.parent}/a.csv"]}}
    assert profile_overlay(file, "newest") == shipped["newest"] | {"related": {"limit": 5}}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_what_it_changes_laid_over_the_defaults(profile: str) -> None:
    changes = {f"{section}.{key}": value for section, values in profile_overlay(None, profile).items() for key, value in values.items()}
    assert load_settings(profile=profile) == load_settings(overrides=changes)


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
