"""The harness that measures peers on one's own labelled files, on planted vectors."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.partitions import canonical
from support.planted import make_planted_stories

from benchmarks.same_story import run
from benchmarks.same_story.measure import Figure, PeerResult, Result, Run, as_text, figure_of, measured, with_singletons
from benchmarks.same_story.methods import NOISE, Input, KnownVectors, Labels, Setting, average_linkage, neighbour_graph
from benchmarks.same_story.peers import PEERS, Peer, missing_packages, settings_of
from benchmarks.same_story.sets import LabelledSet, SetAbout, drawn, labelled_sets, named
from benchmarks.same_story.table import BEGIN, END, table, with_table
from ranker.errors import InputError

STORIES, PER_STORY, DIMENSIONS = 6, 12, 32
FOLDER = Path(__file__).parents[2] / "benchmarks" / "same_story"


@pytest.fixture(scope="module")
def planted() -> LabelledSet:
    """Six stories of twelve articles; vectors of a story are near its own axis and far from the other stories'."""
    stories = make_planted_stories(STORIES, PER_STORY, noise=0.0, seed=1)
    articles = tuple(sorted(stories.articles, key=lambda article: article.id))
    names = sorted(set(stories.labels.values()))
    axes = np.eye(DIMENSIONS)[[names.index(stories.labels[article.id]) for article in articles]]
    vectors = axes + 0.03 * np.random.default_rng(1).standard_normal(axes.shape)
    unit = np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
    about = SetAbout("planted", 1.0, len(articles), len(articles), STORIES, "0" * 64)
    return LabelledSet(about, Input(articles, unit, "static", "planted"), stories.labels)


def peer_of(run: Callable[[Input, Setting], Labels], *grid: Setting, packages: tuple[str, ...] = ()) -> Peer:
    return Peer("p", "a peer", run, {"cut": 0}, grid, packages)


def together(given: Input, _: Setting) -> Labels:
    return np.zeros(len(given.articles), dtype=np.int64)


def run_of(*f1: float) -> Run:
    return Run({"cut": f1[0]}, [Figure(each, each, each, 1, 0.5) for each in f1])


def result_of(*peers: PeerResult) -> Result:
    sets = [SetAbout("news", 1.0, 9, 8, 3, "a"), SetAbout("views", 1.0, 5, 5, 2, "b")]
    return Result(["n.jsonl", "v.jsonl"], "story", "static", "f", [1.0], 0, {"cores": 1}, {"numpy": "2"}, sets, list(peers))


def result_of_peer(key: str, *runs: Run, missing: tuple[str, ...] = ()) -> PeerResult:
    return PeerResult(key, f"peer {key}", "2026-03-02", {}, list(missing), list(runs))


TORCH = {"community-detection": [pytest.mark.model]}  # eleven seconds to import


@pytest.mark.parametrize("peer", [pytest.param(peer, id=peer.key, marks=TORCH.get(peer.key, [])) for peer in PEERS if peer.key != "alone"])
def test_every_peer_finds_planted_stories_with_some_setting(peer: Peer, planted: LabelledSet) -> None:
    if missing_packages(peer):
        pytest.skip(f"{', '.join(missing_packages(peer))} missing: pip install -r benchmarks/same_story/requirements.txt")
    result = measured(peer, [planted])
    assert result.best_cut(0).figures[0].f1 == 1.0
    assert [figure.error for run in result.runs for figure in run.figures] == [""] * len(result.runs)


def three_in_a_row(planted: LabelledSet) -> Input:
    """Articles at 0, 35 and 70 degrees: cosine distances .18 (twice) and .66, so the third is .42 from the first two on average."""
    angles = np.radians([0, 35, 70])
    vectors = np.column_stack((np.cos(angles), np.sin(angles))).astype(np.float32)
    return Input(planted.given.articles[:3], vectors, "static", "planted")


@pytest.mark.parametrize(("cut", "groups"), [(0.3, 2), (0.5, 1)])  # single linkage joins all at .3, complete linkage not at .5
def test_average_linkage_is_average(cut: float, groups: int, planted: LabelledSet) -> None:
    assert len(set(average_linkage(three_in_a_row(planted), {"distance_threshold": cut}))) == groups


def test_the_neighbour_graph_has_each_edge_once_with_its_cosine(planted: LabelledSet) -> None:
    edges, cosines = neighbour_graph(three_in_a_row(planted).vectors, 1)
    assert edges.tolist() == [[0, 1], [1, 2]]
    assert cosines == pytest.approx([np.cos(np.radians(35))] * 2, abs=1e-6)


def test_all_articles_alone_have_full_precision_and_one_part_of_the_recall(planted: LabelledSet) -> None:
    (figure,) = measured(PEERS[0], [planted]).default.figures
    assert (figure.precision, figure.recall) == (1.0, round(1 / PER_STORY, 4))


@given(st.lists(st.integers(NOISE, 4)))
def test_noise_is_alone_and_the_rest_stays(labels: list[int]) -> None:
    found = with_singletons(np.array(labels, dtype=np.int64)).tolist()
    expected = [f"noise {row}" if label == NOISE else f"group {label}" for row, label in enumerate(labels)]
    assert canonical(found) == canonical(expected)


def test_a_peer_that_fails_counts_as_alone_and_says_why(planted: LabelledSet) -> None:
    def fails(_: Input, __: Setting) -> Labels:
        raise RuntimeError("too few articles")

    figure = figure_of(peer_of(fails), {}, planted)
    assert (figure.groups, figure.error) == (STORIES * PER_STORY, "RuntimeError: too few articles")


def test_ranker_itself_may_not_fail(planted: LabelledSet) -> None:
    twice = replace(planted.given, articles=planted.given.articles[:1] * 2, vectors=planted.given.vectors[[0, 0]])
    (own,) = (peer for peer in PEERS if peer.key == "ranker")
    with pytest.raises(ValueError, match="same id"):
        figure_of(own, {}, replace(planted, given=twice))


def test_articles_without_a_label_are_left_out_of_the_figures(planted: LabelledSet) -> None:
    one_story = {key: label for key, label in planted.truth.items() if label == "story 0"}
    figure = figure_of(peer_of(together), {}, LabelledSet(planted.about, planted.given, one_story))
    assert figure.f1 == 1.0


def test_a_missing_package_is_said_and_nothing_is_run(planted: LabelledSet) -> None:
    result = measured(peer_of(together, packages=("no-such-package-here", "numpy")), [planted])
    assert (result.missing, result.runs) == (["no-such-package-here"], [])


def test_the_default_is_tried_first_and_once() -> None:
    assert settings_of(peer_of(together, {"cut": 1}, {"cut": 0})) == [{"cut": 0}, {"cut": 1}]


def test_one_cut_has_the_best_mean_and_the_best_cut_the_best_of_its_set() -> None:
    peer = result_of_peer("a", run_of(0.2, 0.3), run_of(0.6, 0.6), run_of(0.9, 0.1))
    shown = (peer.default, peer.one_cut, peer.best_cut(0), peer.best_cut(1))
    assert [run.setting["cut"] for run in shown] == [0.2, 0.6, 0.9, 0.6]


def test_the_table_shows_default_one_cut_and_best_cut() -> None:
    text = table(result_of(result_of_peer("a", run_of(0.2, 0.3), run_of(0.6, 0.6), run_of(0.9, 0.1))))
    assert "| articles / stories | news (8 / 3) | views (5 / 2) |" in text
    assert "| peer a | .20 / .60 / .90 | .30 / .60 / .60 |" in text
    assert "| peer a | .25 / .60 / .75 | .60 / .60 | 0.50 | cut 0.6 |" in text  # .25 = (.2 + .3) / 2, .75 = (.9 + .6) / 2


def test_a_peer_without_a_choice_shows_one_number() -> None:
    assert "| peer a | .20 | 1.00 |" in table(result_of(result_of_peer("a", run_of(0.2, 1.0))))


def test_a_peer_that_is_not_installed_has_a_row_that_says_how() -> None:
    assert "| peer a | not installed: pip install x y |  |" in table(result_of(result_of_peer("a", missing=("x", "y"))))


def test_failed_runs_are_marked_and_counted() -> None:
    failed = Run({}, [Figure(0.5, 1.0, 0.4, 9, 0.0, "ValueError: a\nb"), Figure(0.5, 1.0, 0.4, 9, 0.0)])
    text = table(result_of(result_of_peer("a", failed)))
    assert "| peer a | .50* | .50 |" in text
    assert "peer a failed in 1 of 2 runs, counted as every article alone: ValueError: a b" in text


def test_figures_survive_writing_and_reading() -> None:
    result = result_of(result_of_peer("a", run_of(0.2, 0.3), run_of(0.6, 0.6)), result_of_peer("b", missing=("x",)))
    assert msgspec.json.decode(as_text(result), type=Result) == result


def test_merging_renews_the_peers_asked_for_and_keeps_the_rest(planted: LabelledSet) -> None:
    old = [result_of_peer("minhash", run_of(0.1)), result_of_peer("ranker", run_of(0.2))]
    before = msgspec.structs.replace(result_of(*old), sets=[planted.about], fingerprint="planted")
    new = [result_of_peer("ranker", run_of(0.3)), result_of_peer("alone", run_of(0.4))]
    found = run.merged(before, [planted], new).peers
    assert [(peer.key, peer.default.mean_f1) for peer in found] == [("alone", 0.4), ("minhash", 0.1), ("ranker", 0.3)]


@pytest.mark.parametrize("change", [{"sets": []}, {"fingerprint": "another"}])
def test_merging_refuses_other_sets_and_encoders(change: dict[str, object], planted: LabelledSet) -> None:
    before = msgspec.structs.replace(result_of(), **({"sets": [planted.about], "fingerprint": "planted"} | change))
    with pytest.raises(ValueError, match="have changed"):
        run.merged(before, [planted], [])


def test_unknown_peers_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"--peers kmeans: there are alone, "):
        run.chosen_peers("ranker, kmeans")


@pytest.mark.parametrize("text", ["0", "1.5", "-0.2", "1,2"])
def test_impossible_shares_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        run.shares_of(text)


def test_an_input_is_named_by_what_stands_before_the_sign_or_by_its_stem(tmp_path: Path) -> None:
    odd = tmp_path / "a=b.jsonl"
    odd.touch()
    assert [named("mine=some/file.csv"), named("some/*.jsonl"), named(str(odd))] == [
        ("mine", "some/file.csv"),
        ("*", "some/*.jsonl"),
        ("a=b", str(odd)),
    ]


def test_a_sample_does_not_depend_on_the_order_of_the_articles(planted: LabelledSet) -> None:
    articles = list(planted.given.articles)
    expected = drawn(articles, 0.25, seed=3)
    random.Random(0).shuffle(articles)
    assert drawn(articles, 0.25, seed=3) == expected
    assert len(expected) == STORIES * PER_STORY // 4


def test_known_vectors_come_back_by_text(planted: LabelledSet) -> None:
    texts = [article.text for article in planted.given.articles]
    assert np.array_equal(KnownVectors(planted.given).encode(texts[5:2:-1]), planted.given.vectors[5:2:-1])


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANKER_CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.usefixtures("no_cache")
def test_files_are_read_whole_and_in_samples_and_named(tmp_path: Path) -> None:
    lines = [{"id": f"a{n}", "title": f"Harbour bridge number {n} opens", "story": f"s{n % 2}"} for n in range(10)]
    (tmp_path / "some.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    whole, part = labelled_sets([f"bridges={tmp_path / 'some.jsonl'}"], "story", "static", [1, 0.5], seed=0)
    assert (whole.about.name, whole.about.articles, whole.about.stories) == ("bridges", 10, 2)
    assert (part.about.name, part.about.articles) == ("bridges 50%", 5)
    rows = [whole.given.articles.index(article) for article in part.given.articles]
    assert np.array_equal(part.given.vectors, whole.given.vectors[rows])


@pytest.mark.usefixtures("no_cache")
def test_a_folder_with_a_labels_file_is_read_from_its_articles(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    article = "---\ntitle: Harbour bridge opens\nwebUrl: https://paper.example/bridge\n---\n"
    (tmp_path / "articles" / "one.md").write_text(article, "utf-8")
    (tmp_path / "labels.csv").write_text("file,story\narticles/one.md,bridge\n", "utf-8")
    (found,) = labelled_sets([str(tmp_path)], "story", "static", [1], seed=0)
    assert list(found.truth.values()) == ["bridge"]


def test_a_merge_into_something_else_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}", "utf-8")
    with pytest.raises(ValueError, match=r"other\.json: not figures of this command"):
        run.measured_again(run.asked(["--merge", "--output", str(tmp_path / "other.json")]), [])


def test_a_refused_article_ends_the_reading(tmp_path: Path) -> None:
    (tmp_path / "some.jsonl").write_text('{"id": "a", "story": "s"}\n', "utf-8")
    with pytest.raises(InputError, match="title"):
        labelled_sets([str(tmp_path / "some.jsonl")], "story", "static", [1], seed=0)


def test_the_table_of_a_readme_is_renewed_in_place() -> None:
    result = result_of(result_of_peer("a", run_of(0.2, 0.3)))
    assert with_table(f"before {BEGIN} old {END} after", result) == f"before {BEGIN}\n{table(result)}{END} after"


def test_the_readme_shows_the_figures_that_are_kept() -> None:
    result = msgspec.json.decode((FOLDER / "results" / "same-story.json").read_bytes(), type=Result)
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert with_table(readme, result) == readme
