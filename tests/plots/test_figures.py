"""What single plots draw: the numbers of the results they were made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from support.rooms import AS_OF, hostile_room, room_of, sample_room

from ranker import plots
from ranker.articles.article import Article, Provider
from ranker.evaluation.coverage import group_overlap, provider_coverage
from ranker.evaluation.mistakes import MISTAKE_KINDS, counted_kinds, mistakes_of
from ranker.evaluation.report import evaluate
from ranker.pipeline import rank_articles
from ranker.places import models_folder
from ranker.plots.pairs import DOUBT
from ranker.plots.projection import TSNE_UP_TO
from ranker.ranking.blend import SIGNALS
from ranker.stories.same_story import probability
from ranker.vectors.background import load_background
from ranker.vectors.encoder import load_encoder

# Scores


def test_bars_are_the_contributions_and_add_up_to_the_scores() -> None:
    stories = sample_room().ranking.stories
    figure = plots.score_bars(stories, limit=30)
    bars = {trace.name: trace for trace in figure.data if trace.type == "bar"}
    assert list(bars) == list(SIGNALS)
    for name, trace in bars.items():
        assert list(trace.x) == [getattr(ranked.blend, name).contribution for ranked in stories[:30]]
        assert list(trace.y) == list(range(30))
    totals = np.sum([np.array(trace.x, dtype=float) for trace in bars.values()], axis=0)
    assert totals.tolist() == [ranked.score for ranked in stories[:30]]
    assert figure.layout.yaxis.ticktext[0].startswith("1. Climate marchers")
    assert figure.layout.xaxis.range[0] == 0


def test_stories_of_one_title_have_bars_of_their_own() -> None:
    one = sample_room().ranking.stories[0]
    figure = plots.score_bars([one, one, one])
    assert list(figure.data[0].y) == [0, 1, 2]
    assert len(figure.layout.yaxis.ticktext) == 3


def test_many_stories_are_as_many_as_asked_for() -> None:
    stories = list(sample_room().ranking.stories) * 5
    figure = plots.score_bars(stories)
    assert len(stories) > 500
    assert len(figure.data[0].x) == 20
    assert "first 20 of 600 stories" in figure.layout.title.subtitle.text


# Timelines


def test_a_story_s_timeline_has_a_mark_for_every_dated_article() -> None:
    ranking = sample_room().ranking
    ranked = max(ranking.stories, key=lambda story: len(story.story.articles))
    figure = plots.story_timeline(ranked, ranking)
    marks = {data[3]: (x, y, trace.name) for trace in figure.data for x, y, data in zip(trace.x, trace.y, trace.customdata, strict=True)}
    dated = {article.id: article for article in ranked.story.articles if article.dated is not None}
    assert marks.keys() == dated.keys()
    names = list(dict.fromkeys(article.provider.name for article in dated.values()))
    assert list(figure.layout.yaxis.ticktext) == names
    for article_id, (when, row, role) in marks.items():
        article = dated[article_id]
        assert when == article.dated
        assert names[row] == article.provider.name
        assert (role == "first report") == (article == ranked.story.first)
        if role == "copy":
            texts = [ranking.grouping.texts[other.id] for other in ranked.story.articles]
            assert texts.count(ranking.grouping.texts[article_id]) > 1
    assert "lead" in {role for _, _, role in marks.values()}


def test_articles_without_a_date_are_counted_and_not_shown() -> None:
    text = "Quake of magnitude 6.8 strikes off Tarapay coast, towns evacuated"
    dated = Article(id="a1", title=text, provider=Provider("One"), published=AS_OF - timedelta(hours=3))
    room = room_of([dated, replace(dated, id="a2", provider=Provider("Two"), published=None)])
    story = room.ranking.stories[0]
    assert len(story.story.articles) == 2
    figure = plots.story_timeline(story, room.ranking)
    assert sum(len(trace.x) for trace in figure.data) == 1
    assert "1 without a date that can be trusted is not shown" in figure.layout.title.subtitle.text
    alone = room_of([replace(dated, published=None)]).ranking
    assert "has a date that can be trusted" in plots.alt_text(plots.story_timeline(alone.stories[0], alone))


def test_hours_of_stories_hold_all_their_dated_articles_by_area() -> None:
    stories = sample_room().ranking.stories
    (trace,) = plots.coverage_timeline(stories, limit=15).data
    for row, ranked in enumerate(stories[:15]):
        told = sum(data[1] for y, data in zip(trace.y, trace.customdata, strict=True) if y == row)
        assert told == sum(article.dated is not None for article in ranked.story.articles)
    areas = {data[1]: size**2 for data, size in zip(trace.customdata, trace.marker.size, strict=True)}
    assert len(areas) > 2
    assert all(area == pytest.approx(areas[1] * count) for count, area in areas.items())


# Heat


def test_heat_ends_with_the_heat_of_now() -> None:
    ranking = sample_room().ranking
    lines = plots.heat_lines(ranking, ranking.stories[:10], hours=12, every_hours=0.5)
    assert [line.points[-1] for line in lines] == [ranked.heat.points for ranked in ranking.stories[:10]]
    assert {line.moments for line in lines} == {tuple(ranking.as_of - timedelta(hours=step / 2) for step in range(24, -1, -1))}


def test_heat_of_a_past_moment_is_what_a_ranking_of_that_moment_gives() -> None:
    room, hours = sample_room(), 6
    moment = room.as_of - timedelta(hours=hours)
    encoder = load_encoder(room.settings.encoder, models=models_folder())
    background = load_background(models_folder() / "background.json")
    past = rank_articles(room.articles_read, room.settings, as_of=moment, encoder=encoder, background=background, replay=True)
    then = {frozenset(article.id for article in ranked.story.articles): ranked.heat.points for ranked in past.stories}
    compared = 0
    for line in plots.heat_lines(room.ranking, list(room.ranking.stories), hours=hours, every_hours=hours):
        articles = line.ranked.story.articles
        out = frozenset(article.id for article in articles if article.dated is not None and article.dated <= moment)
        if not out:
            assert line.points[0] is None or all(article.dated is None for article in articles)
        elif out in then and all(article.dated is not None for article in articles):
            assert line.points[0] == then[out]
            compared += line.points[0] != line.points[1]
    assert compared > 5


def test_rules_that_look_at_the_age_are_asked_anew_at_each_moment() -> None:
    rule = {"feature": "age", "test": "age", "points": -1}
    text = "Quake of magnitude 6.8 strikes off Tarapay coast, towns evacuated"
    room = room_of([Article(id="a1", title=text, provider=Provider("One"), published=AS_OF - timedelta(hours=10))])
    aged = room.ranked(settings={"quality.rules.old": rule, "quality.base": 100, "quality.rules.unknown_provider": None})
    (line,) = plots.heat_lines(aged.ranking, list(aged.ranking.stories), hours=4, every_hours=1)
    assert line.points == (94, 93, 92, 91, 90)


def test_heat_is_drawn_from_the_first_moment_that_has_some() -> None:
    ranking = sample_room().ranking
    figure = plots.heat_over_time(ranking, hours=200, every_hours=2)
    warmest = sorted(ranking.stories, key=lambda ranked: -ranked.blend.heat.value)[:6]
    assert [trace.y[-1] for trace in figure.data] == [ranked.heat.points for ranked in warmest]
    assert any(trace.y[0] is not None for trace in figure.data)
    assert len(figure.data[0].x) < 101
    asked = plots.heat_over_time(ranking, ranking.stories[:9], limit=2)
    assert len(asked.data) == 2
    assert "2 of 9 stories" in asked.layout.title.subtitle.text


@pytest.mark.parametrize(("hours", "every"), [(-1, 1), (1, 0), (1, -2)])
def test_heat_over_no_time_is_refused(hours: float, every: float) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        plots.heat_lines(sample_room().ranking, [], hours=hours, every_hours=every)


# Map


def test_the_map_has_every_article_once_and_stories_in_colours_of_their_own() -> None:
    ranking = sample_room().ranking
    figure = plots.article_map(ranking)
    ids = [data[5] for trace in figure.data for data in trace.customdata]
    assert sorted(ids) == [article.id for article in ranking.grouping.corpus.articles]
    largest = sorted(ranking.stories, key=lambda ranked: (-len(ranked.story.articles), ranked.rank))[:8]
    for trace, ranked in zip(figure.data[1:], largest, strict=True):
        assert {data[5] for data in trace.customdata} == {article.id for article in ranked.story.articles}
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 9
    assert "386 articles of 120 stories; t-SNE, seed 0; " in figure.layout.title.subtitle.text


def test_the_map_shows_where_articles_lie_and_what_is_asked_for() -> None:
    ranking = sample_room().ranking
    plane = plots.projected(ranking.grouping.corpus.vectors, method="pca")
    figure = plots.article_map(ranking, highlight=ranking.stories[:2], projection=plane)
    assert len(figure.data) == 3
    for trace in figure.data:
        for x, y, data in zip(trace.x, trace.y, trace.customdata, strict=True):
            assert (x, y) == tuple(plane.places[ranking.rows[data[5]]])
    assert "principal components (15% of the variance)" in figure.layout.title.subtitle.text
    assert len(ranking.grouping.corpus) <= TSNE_UP_TO


# Pairs


def test_pairs_are_all_counted_in_the_row_of_what_was_decided() -> None:
    grouping = sample_room().ranking.grouping
    joined = grouping.labels[grouping.pairs.left] == grouping.labels[grouping.pairs.right]
    figure = plots.pair_scores(grouping)
    assert [int(sum(trace.y)) for trace in figure.data] == [int(joined.sum()), int((~joined).sum())]
    chance = probability(grouping.log_odds)
    doubtful = int(((chance >= DOUBT[0]) & (chance <= DOUBT[1])).sum())
    assert f"{doubtful:,} of them borderline" in figure.layout.title.subtitle.text


def test_pairs_with_labels_are_counted_by_what_is_true_and_coloured_by_what_was_decided() -> None:
    room = sample_room()
    some = {key: label for place, (key, label) in enumerate(sorted(room.labels.items())) if place % 3}
    grouping = room.ranking.grouping
    counts = dict.fromkeys([(true, decided) for true in (True, False) for decided in (True, False)], 0)
    ids = [article.id for article in grouping.corpus.articles]
    for left, right in zip(grouping.pairs.left.tolist(), grouping.pairs.right.tolist(), strict=True):
        if ids[left] in some and ids[right] in some:
            counts[some[ids[left]] == some[ids[right]], bool(grouping.labels[left] == grouping.labels[right])] += 1
    figure = plots.pair_scores(grouping, some)
    assert [int(sum(trace.y)) for trace in figure.data] == list(counts.values())
    assert (
        figure.layout.annotations[0].text == f"labelled one story: {counts[True, True]:,} pairs joined, {counts[True, False]:,} kept apart"
    )


# Moves


def test_lines_lead_from_each_place_to_the_other() -> None:
    room = sample_room()
    other = room.ranked(weights="heat:0.9,quality:0.1")
    before, after = room.ranking.stories, other.ranking.stories
    figure = plots.rank_moves(before, after, limit=12)
    was = {ranked.story.id: ranked.rank for ranked in before}
    now = {ranked.story.id: ranked.rank for ranked in after}
    wanted = sorted(
        (was[story] if was[story] <= 12 else None, now[story] if now[story] <= 12 else None)
        for story in was
        if was[story] <= 12 and now[story] <= 12
    )
    whole = [trace for trace in figure.data if tuple(trace.x) == (0, 1) and trace.yaxis is None]
    assert sorted(tuple(trace.y) for trace in whole) == wanted
    looks = {
        trace.legendgroup: [(line.y[0] > line.y[1]) - (line.y[0] < line.y[1]) for line in whole if line.legendgroup == trace.legendgroup]
        for trace in whole
    }
    assert {name: set(signs) for name, signs in looks.items()} == {"rises": {1}, "falls": {-1}} | (
        {"keeps its place": {0}} if "keeps its place" in looks else {}
    )
    stubs = [trace for trace in figure.data if trace.legendgroup == "enters or leaves the first places"]
    leaving = sorted(trace.y[0] for trace in stubs if trace.x[0] == 0)
    entering = sorted(trace.y[1] for trace in stubs if trace.x[1] == 1)
    assert leaving == sorted(was[story] for story in was if was[story] <= 12 < now[story])
    assert entering == sorted(now[story] for story in now if now[story] <= 12 < was[story])
    assert len(whole) + len(leaving) == 12


def test_what_is_in_one_list_only_enters_or_leaves() -> None:
    stories = sample_room().ranking.stories
    figure = plots.rank_moves(stories[:4], [])
    assert [trace.x[0] for trace in figure.data[:4]] == [0, 0, 0, 0]
    assert "0 rise, 0 fall, 0 keep their place, 0 enter" in figure.layout.title.subtitle.text
    same = plots.rank_moves(stories, stories, limit=5)
    assert "0 rise, 0 fall, 5 keep their place, 0 enter" in same.layout.title.subtitle.text


# Measured


def test_the_calibration_is_that_of_the_evaluation() -> None:
    room = sample_room()
    found = evaluate(room.ranking, room.labels, resamples=10).reliability
    assert found is not None
    figure = plots.reliability_curve(found)
    assert list(figure.data[0].x) == list(figure.data[0].y) == [0, 1]
    assert list(figure.data[1].x) == [each.predicted for each in found.bins]
    assert list(figure.data[1].y) == [each.observed for each in found.bins]
    assert list(figure.data[2].y) == [each.pairs for each in found.bins]


def test_sweeps_are_drawn_in_order_of_numbers() -> None:
    room = sample_room()
    one = evaluate(room.ranking, room.labels, resamples=20)
    two = evaluate(room.ranking, {**room.labels, **dict.fromkeys(list(room.labels)[:60], "another")}, resamples=20)
    figure = plots.sweep_curves("grouping.window_days", [7, 3], [one, two])
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["B-cubed F1"].x) == [3, 7]
    assert list(lines["B-cubed F1"].y) == [two.b_cubed.f1, one.b_cubed.f1]
    band = lines["95 % interval of B-cubed F1"]
    assert one.intervals.f1 is not None
    assert band.y[1] == one.intervals.f1.high
    assert band.y[2] == one.intervals.f1.low
    assert f"best B-cubed F1 {one.b_cubed.f1:.4f} at 7" in figure.layout.title.subtitle.text


def test_sweeps_of_words_keep_their_order() -> None:
    room = sample_room()
    result = evaluate(room.ranking, room.labels, resamples=10)
    figure = plots.sweep_curves("heat.half_life_hours", [None, "b", True], [result] * 3)
    assert list(figure.layout.xaxis.ticktext) == ["null", "b", "true"]
    assert list(figure.data[-1].x) == [0, 1, 2]


def test_a_sweep_without_intervals_has_no_band() -> None:
    room = sample_room()
    result = evaluate(room.ranking, dict.fromkeys(list(room.labels)[:5], "one"), resamples=10)
    assert result.intervals.f1 is None
    figure = plots.sweep_curves("heat.burst", [1, 2], [result, result])
    assert figure.data[0].name == "B-cubed F1"


@pytest.mark.parametrize(("values", "count"), [([1, 2], 1), ([], 0)])
def test_sweeps_without_a_result_for_each_value_are_refused(values: list[object], count: int) -> None:
    room = sample_room()
    results = [evaluate(room.ranking, room.labels, resamples=2)] * count
    with pytest.raises(ValueError, match=f"{len(values)} values for {count} results"):
        plots.sweep_curves("heat.burst", values, results)


def test_mistakes_are_counted_by_kind() -> None:
    room = sample_room()
    mistakes = mistakes_of(room.ranking, room.labels)
    figure = plots.errors_by_kind(mistakes)
    drawn = {kind: count for trace in figure.data for kind, count in zip(trace.y, trace.x, strict=True)}
    assert drawn == counted_kinds(mistakes)
    assert tuple(drawn) == MISTAKE_KINDS


# Providers


def test_first_reports_and_delays_are_those_of_the_coverage() -> None:
    coverage = provider_coverage(sample_room().ranking)
    first, after = plots.first_reports(coverage, limit=10).data
    assert list(first.x) == [each.first for each in coverage[:10]]
    assert list(after.x) == [each.shared - each.first for each in coverage[:10]]
    boxes = plots.delays(coverage, limit=10).data
    most = sorted((each for each in coverage if each.delays), key=lambda each: (-len(each.delays), each.name))[:10]
    assert sorted(tuple(box.x) for box in boxes) == sorted(each.delays for each in most)
    medians = [float(np.median(box.x)) for box in boxes]
    assert medians == sorted(medians)


def test_the_matrix_is_the_share_of_the_row_s_stories() -> None:
    overlap = group_overlap(sample_room().ranking, limit=12)
    (trace,) = plots.overlap_matrix(overlap).data
    assert np.array(trace.z).tolist() == overlap.shares.tolist()
    assert trace.texttemplate
    assert not plots.overlap_matrix(group_overlap(hostile_room().ranking)).data[0].texttemplate
