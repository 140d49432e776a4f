"""Order: each rule of the list, what gives way to what, and that only what moved says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ranker.ranking.order import Adjustment, Listing, StoryFacts, listed
from ranker.settings import GroupLeads, OrderSettings, Settings

NO_RULES = OrderSettings(
    top=30,
    topic_in_a_row=None,
    group_leads=None,
    stale_after_hours=None,
    follow_ups="leave",
    follow_up_similarity=0.55,
    pinned=[],
    hidden=[],
)
NONE: Mapping[int, int] = {}


def rules(**changes: object) -> OrderSettings:
    return msgspec.structs.replace(NO_RULES, **changes)


def facts(topics: str, groups: str = "", follows: Mapping[int, int] = NONE) -> Callable[[int], StoryFacts]:
    """Facts of stories 0, 1, ...: a letter for the topic of each, one for the group of its lead, "." for none."""

    def of(story: int) -> StoryFacts:
        topic, group = topics[story : story + 1].strip("."), groups[story : story + 1].strip(".")
        return StoryFacts(topic, group, follows.get(story))

    return of


def of_topics(topics: str, settings: OrderSettings, *, stale: Collection[int] = (), pinned: Sequence[int] = ()) -> Listing:
    """Stories in order of score, a letter for the topic of each."""
    return listed(range(len(topics)), facts(topics), settings, stale=stale, pinned=pinned)


def following(
    n: int, follows: Mapping[int, int], settings: OrderSettings, *, stale: Collection[int] = (), pinned: Sequence[int] = ()
) -> Listing:
    """`n` stories in order of score, of which some follow others."""
    return listed(range(n), facts("", "", follows), settings, stale=stale, pinned=pinned)


def moves(listing: Listing) -> dict[int, tuple[str, str, int, int]]:
    """Rule, what it is about, place by score and place of each story that moved."""
    return {story: (move.rule, move.because, move.by_score, move.place) for story, (move,) in listing.adjustments.items()}


# No rules


def test_the_default_is_no_rules(default_settings: Settings) -> None:
    assert default_settings.order == NO_RULES


def test_no_story_is_an_empty_list() -> None:
    every_rule = rules(topic_in_a_row=1, group_leads=GroupLeads(at_most=1, of_top=5), follow_ups="near")
    assert listed([], facts(""), every_rule) == Listing((), {}, {}, ())


@given(st.permutations(range(9)))
def test_without_rules_the_order_is_that_of_the_scores(by_score: list[int]) -> None:
    assert listed(by_score, facts("aaaaaaaaa", "xxxxxxxxx", {1: 0}), NO_RULES) == Listing(tuple(by_score), {}, {}, ())


# Hidden


def test_hidden_stories_are_out_and_the_others_move_up_unsaid() -> None:
    listing = listed([3, 1, 2, 0], facts(""), NO_RULES, hidden=[2, 3, 99])
    assert listing == Listing((1, 0), {}, {}, (3, 2))


def test_all_hidden_leaves_nothing() -> None:
    assert listed([0, 1], facts(""), NO_RULES, hidden=[1, 0]) == Listing((), {}, {}, (0, 1))


# Pinned


def test_pinned_stories_stand_on_top_in_the_order_given() -> None:
    listing = listed([0, 1, 2, 3], facts(""), NO_RULES, pinned=[3, 2])
    assert listing.order == (3, 2, 0, 1)
    assert listing.adjustments == {
        3: (Adjustment("pinned", "", by_score=4, place=1),),
        2: (Adjustment("pinned", "", by_score=3, place=2),),
        0: (Adjustment("made_room", "", by_score=1, place=3),),
        1: (Adjustment("made_room", "", by_score=2, place=4),),
    }


def test_a_pin_may_move_a_story_down() -> None:
    assert moves(listed([0, 1, 2], facts(""), NO_RULES, pinned=[1, 0])) == {1: ("pinned", "", 2, 1), 0: ("pinned", "", 1, 2)}


def test_a_pin_that_moves_nothing_says_nothing() -> None:
    assert listed([0, 1, 2], facts(""), NO_RULES, pinned=[0, 1]) == Listing((0, 1, 2), {}, {}, ())


def test_a_story_pinned_twice_stands_once_and_a_hidden_one_not_at_all() -> None:
    listing = listed([0, 1, 2], facts(""), NO_RULES, pinned=[2, 1, 2], hidden=[1])
    assert (listing.order, listing.hidden) == ((2, 0), (1,))


def test_behind_the_top_room_that_was_made_is_not_said() -> None:
    assert moves(listed([0, 1, 2, 3], facts(""), rules(top=2), pinned=[3])) == {3: ("pinned", "", 4, 1), 0: ("made_room", "", 1, 2)}


def test_pinned_stories_break_rules() -> None:
    listing = of_topics("baaa", rules(topic_in_a_row=1), pinned=[1, 2])
    assert listing.order == (1, 2, 0, 3)


# Stale


def test_stale_stories_stand_behind_all_others() -> None:
    listing = listed([0, 1, 2, 3], facts(""), NO_RULES, stale={0, 2})
    assert listing.order == (1, 3, 0, 2)
    assert moves(listing) == {1: ("made_room", "", 2, 1), 3: ("made_room", "", 4, 2), 0: ("stale", "", 1, 3), 2: ("stale", "", 3, 4)}


@pytest.mark.parametrize("stale", [{0, 1, 2, 3}, {2, 3}, {3}, set()])
def test_stale_stories_that_would_stand_last_all_the_same_have_not_moved(stale: set[int]) -> None:
    assert listed([0, 1, 2, 3], facts(""), NO_RULES, stale=stale) == Listing((0, 1, 2, 3), {}, {}, ())


def test_stale_stories_behind_the_top_say_so_too() -> None:
    assert moves(listed([0, 1, 2], facts(""), rules(top=1), stale={0})) == {1: ("made_room", "", 2, 1), 0: ("stale", "", 1, 3)}


def test_a_pin_lifts_a_stale_story() -> None:
    assert moves(listed([0, 1, 2], facts(""), NO_RULES, pinned=[1], stale={1})) == {1: ("pinned", "", 2, 1), 0: ("made_room", "", 1, 2)}


def test_a_stale_story_that_only_made_room_was_not_moved_for_its_age() -> None:
    assert moves(listed([0, 1, 2], facts(""), NO_RULES, pinned=[2], stale={1})) == {
        2: ("pinned", "", 3, 1), 0: ("made_room", "", 1, 2), 1: ("made_room", "", 2, 3)
    }  # fmt: skip


def test_no_rule_lifts_a_stale_story_over_others() -> None:
    listing = of_topics("aaab", rules(topic_in_a_row=1), stale={3})
    assert listing == Listing((0, 1, 2, 3), {}, {}, ())


def test_rules_hold_among_the_stale_too() -> None:
    assert of_topics("baac", rules(topic_in_a_row=1), stale={1, 2, 3}).order == (0, 1, 3, 2)


# Topics in a row


@pytest.mark.parametrize(
    ("topics", "in_a_row", "order"),
    [
        ("aaab", 1, (0, 3, 1, 2)),
        ("aaab", 2, (0, 1, 3, 2)),
        ("aaab", 3, (0, 1, 2, 3)),
        ("aabaab", 1, (0, 2, 1, 5, 3, 4)),
        ("aabb", 1, (0, 2, 1, 3)),
        ("aaaa", 1, (0, 1, 2, 3)),  # there is nothing else
        ("a", 1, (0,)),
        ("....", 1, (0, 1, 2, 3)),  # without a topic none is one too many
        ("aa..aa", 1, (0, 2, 1, 3, 4, 5)),
    ],
)
def test_of_one_topic_no_more_than_so_many_stand_in_a_row(topics: str, in_a_row: int, order: tuple[int, ...]) -> None:
    assert of_topics(topics, rules(topic_in_a_row=in_a_row)).order == order


def test_who_is_passed_over_says_for_which_topic_and_who_took_the_place_that_it_was_free() -> None:
    assert moves(of_topics("aaab", rules(topic_in_a_row=1))) == {
        3: ("made_room", "", 4, 2),
        1: ("topic_in_a_row", "a", 2, 3),
        2: ("topic_in_a_row", "a", 3, 4),
    }


def test_a_rule_gives_way_where_all_that_are_left_would_break_it() -> None:
    listing = of_topics("abbbb", rules(topic_in_a_row=1))
    assert listing == Listing((0, 1, 2, 3, 4), {}, {}, ())


def test_only_places_in_the_top_are_looked_at() -> None:
    assert of_topics("aaaaaba", rules(topic_in_a_row=1, top=3)).order == (0, 1, 2, 3, 4, 5, 6)  # the b is none of the 3 best left
    assert of_topics("aaabaaa", rules(topic_in_a_row=1, top=3)).order == (0, 3, 1, 2, 4, 5, 6)
    assert of_topics("baaaa.", rules(topic_in_a_row=1, top=3)).order == (0, 1, 2, 3, 4, 5)


# Leads of one group


@pytest.mark.parametrize(
    ("groups", "at_most", "of_top", "order"),
    [
        ("xxxyz", 2, 4, (0, 1, 3, 4, 2)),
        ("xxxyz", 2, 3, (0, 1, 3, 2, 4)),  # from the fourth place on all may lead
        ("xxxyz", 1, 2, (0, 3, 1, 2, 4)),
        ("xxyyxx", 1, 9, (0, 2, 1, 3, 4, 5)),  # it gives way
        ("....", 1, 9, (0, 1, 2, 3)),
        ("xxx", 1, 9, (0, 1, 2)),
    ],
)
def test_one_group_leads_no_more_than_so_many_of_the_first(groups: str, at_most: int, of_top: int, order: tuple[int, ...]) -> None:
    settings = rules(group_leads=GroupLeads(at_most=at_most, of_top=of_top))
    assert listed(range(len(groups)), facts("", groups), settings).order == order


def test_who_is_passed_over_says_for_which_group() -> None:
    settings = rules(group_leads=GroupLeads(at_most=1, of_top=2))
    assert moves(listed(range(3), facts("", "xxy"), settings)) == {1: ("group_leads", "x", 2, 3), 2: ("made_room", "", 3, 2)}


def test_pinned_leads_are_counted() -> None:
    settings = rules(group_leads=GroupLeads(at_most=1, of_top=2))
    assert listed(range(4), facts("", "xyzx"), settings, pinned=[3]).order == (3, 1, 0, 2)


def test_a_story_that_breaks_two_rules_says_the_topic() -> None:
    settings = rules(topic_in_a_row=1, group_leads=GroupLeads(at_most=1, of_top=9))
    assert moves(listed(range(3), facts("aab", "xxy"), settings))[1] == ("topic_in_a_row", "a", 2, 3)


def test_what_passed_a_story_over_first_is_what_it_says() -> None:
    settings = rules(topic_in_a_row=1, group_leads=GroupLeads(at_most=1, of_top=9))
    listing = listed(range(4), facts("aabc", "xxyz"), settings)  # 1 breaks the topic's rule at place 2 and the group's at place 3
    assert listing.order == (0, 2, 3, 1)
    assert moves(listing)[1] == ("topic_in_a_row", "a", 2, 4)


# Follow-ups


NEAR, FOLD = rules(follow_ups="near"), rules(follow_ups="fold")


def test_follow_ups_stay_where_they_are_unless_the_settings_say_so() -> None:
    assert following(4, {3: 0}, NO_RULES) == Listing((0, 1, 2, 3), {}, {}, ())


def test_near_a_follow_up_stands_right_behind_what_it_follows() -> None:
    listing = following(5, {3: 0}, NEAR)
    assert listing.order == (0, 3, 1, 2, 4)
    assert moves(listing) == {3: ("follow_up_near", "0", 4, 2), 1: ("made_room", "", 2, 3), 2: ("made_room", "", 3, 4)}


def test_near_a_follow_up_that_stands_there_already_has_not_moved() -> None:
    assert following(4, {1: 0, 3: 2}, NEAR) == Listing((0, 1, 2, 3), {}, {}, ())


def test_near_what_is_followed_is_not_lifted() -> None:
    assert following(4, {0: 3}, NEAR) == Listing((0, 1, 2, 3), {}, {}, ())


def test_near_several_follow_ups_stand_in_order_of_score() -> None:
    assert following(6, {5: 1, 3: 1}, NEAR).order == (0, 1, 3, 5, 2, 4)
    assert listed([4, 3, 2, 1, 0], facts("", "", {0: 4, 1: 4, 2: 3}), NEAR).order == (4, 1, 0, 3, 2)


def test_near_a_chain_stands_behind_its_best() -> None:
    assert following(6, {3: 1, 5: 3}, NEAR).order == (0, 1, 3, 5, 2, 4)
    assert moves(following(6, {3: 1, 5: 3}, NEAR))[5] == ("follow_up_near", "1", 6, 4)
    assert following(6, {5: 1, 3: 5}, NEAR).order == (0, 1, 5, 2, 3, 4)  # 5 is not lifted to 3, nor 3 moved for it


def test_fold_shows_the_lower_under_the_upper() -> None:
    listing = following(4, {2: 0}, FOLD)
    assert (listing.order, listing.folded) == ((0, 1, 3), {2: 0})
    assert moves(listing) == {2: ("follow_up_folded", "0", 3, 1), 3: ("made_room", "", 4, 3)}


def test_fold_shows_what_is_followed_under_a_better_follow_up() -> None:
    assert following(4, {0: 3}, FOLD).folded == {3: 0}


@pytest.mark.parametrize("follows", [{3: 2, 2: 1}, {1: 2, 2: 3}, {2: 1, 3: 1}])
def test_fold_puts_a_chain_under_its_best(follows: dict[int, int]) -> None:
    listing = following(5, follows, FOLD)
    assert (listing.order, listing.folded) == ((0, 1, 4), {2: 1, 3: 1})


def test_fold_shows_what_two_follow_under_the_better_of_them() -> None:
    assert following(4, {0: 3, 1: 3}, FOLD).folded == {3: 0}


def test_a_folded_story_has_the_place_of_what_it_is_shown_under() -> None:
    assert moves(following(4, {3: 1}, FOLD, pinned=[2])) == {
        2: ("pinned", "", 3, 1), 0: ("made_room", "", 1, 2), 1: ("made_room", "", 2, 3), 3: ("follow_up_folded", "1", 4, 3)
    }  # fmt: skip


@pytest.mark.parametrize("how", ["near", "fold"])
def test_follow_ups_behind_the_top_stay_where_they_are(how: str) -> None:
    assert following(5, {4: 0, 3: 1}, rules(follow_ups=how, top=3)) == Listing((0, 1, 2, 3, 4), {}, {}, ())


@pytest.mark.parametrize("how", ["near", "fold"])
def test_a_pinned_follow_up_stays_where_it_is_pinned(how: str) -> None:
    listing = following(3, {2: 1}, rules(follow_ups=how), pinned=[1, 0, 2])
    assert (listing.order, listing.folded) == ((1, 0, 2), {})


def test_a_follow_up_of_a_pinned_story_stands_with_it() -> None:
    assert following(4, {3: 2}, NEAR, pinned=[2]).order == (2, 3, 0, 1)
    assert following(4, {3: 2}, FOLD, pinned=[2]).folded == {3: 2}


@pytest.mark.parametrize("how", ["near", "fold"])
def test_stories_that_follow_themselves_or_each_other_or_nobody_here_do_no_harm(how: str) -> None:
    listing = following(4, {0: 0, 1: 2, 2: 1, 3: 99}, rules(follow_ups=how))
    assert sorted([*listing.order, *listing.folded]) == [0, 1, 2, 3]


def test_a_stale_story_can_be_folded() -> None:
    listing = following(3, {1: 0}, FOLD, stale={1})
    assert (listing.order, listing.folded) == ((0, 2), {1: 0})
    assert moves(listing) == {1: ("follow_up_folded", "0", 2, 1), 2: ("made_room", "", 3, 2)}


def test_a_stale_story_that_went_up_by_what_was_folded_made_no_way_for_others() -> None:
    listing = following(5, {1: 0, 2: 0}, FOLD, stale={3})
    assert listing.order == (0, 4, 3)
    assert moves(listing)[3] == ("made_room", "", 4, 3)


def test_behind_the_top_places_won_by_folding_are_not_said() -> None:
    assert moves(following(5, {1: 0}, rules(follow_ups="fold", top=2))) == {1: ("follow_up_folded", "0", 2, 1), 2: ("made_room", "", 3, 2)}


# The cost


@pytest.mark.parametrize("settings", [rules(top=5, topic_in_a_row=1), rules(top=5, follow_ups="fold", topic_in_a_row=1)])
def test_facts_are_asked_of_few_stories(settings: OrderSettings) -> None:
    asked: set[int] = set()

    def of(story: int) -> StoryFacts:
        asked.add(story)
        return StoryFacts("a", "", None)

    order = listed(range(10_000), of, settings, pinned=[9_999]).order
    assert order == (9_999, *range(9_999))
    assert max(asked - {9_999}) < 3 * settings.top


def test_without_rules_no_facts_are_asked() -> None:
    def of(story: int) -> StoryFacts:
        raise AssertionError(story)

    assert listed(range(9), of, NO_RULES, pinned=[8], stale={0}).order == (8, 1, 2, 3, 4, 5, 6, 7, 0)


# Laws


@dataclass(frozen=True)
class Case:
    """Any stories under any rules."""

    by_score: list[int]
    topics: str
    groups: str
    follows: dict[int, int]
    settings: OrderSettings
    pinned: list[int]
    hidden: list[int]
    stale: set[int]

    def listing(self) -> Listing:
        of = facts(self.topics, self.groups, self.follows)
        return listed(self.by_score, of, self.settings, pinned=self.pinned, hidden=self.hidden, stale=self.stale)

    @property
    def natural(self) -> dict[int, int]:
        """Places by score of those that are shown, from 1."""
        return {story: place for place, story in enumerate((story for story in self.by_score if story not in self.hidden), start=1)}

    @property
    def on_top(self) -> list[int]:
        """The pinned that are shown."""
        return [story for story in dict.fromkeys(self.pinned) if story not in self.hidden]


@st.composite
def cases(draw: st.DrawFn, *, follow_ups: Sequence[str] = ("leave", "near", "fold")) -> Case:
    n = draw(st.integers(1, 10))
    stories = st.integers(0, n - 1)
    settings = rules(
        top=draw(st.integers(1, 12)),
        topic_in_a_row=draw(st.none() | st.integers(1, 3)),
        group_leads=draw(st.none() | st.builds(GroupLeads, at_most=st.integers(1, 3), of_top=st.integers(1, 8))),
        follow_ups=draw(st.sampled_from(follow_ups)),
    )
    return Case(
        by_score=draw(st.permutations(range(n))),
        topics=draw(st.text("aab.", min_size=n, max_size=n)),
        groups=draw(st.text("xxy.", min_size=n, max_size=n)),
        follows=draw(st.dictionaries(stories, stories, max_size=5)),
        settings=settings,
        pinned=draw(st.lists(stories, max_size=2)),
        hidden=draw(st.lists(stories, max_size=2)),
        stale=draw(st.sets(stories, max_size=4)),
    )


@given(cases())
@examples(max_examples=150)
def test_every_story_stands_once_in_the_list_under_another_or_among_the_hidden(case: Case) -> None:
    listing = case.listing()
    assert sorted([*listing.order, *listing.folded, *listing.hidden]) == sorted(case.by_score)
    assert set(listing.hidden) == set(case.hidden)
    assert set(listing.folded.values()) <= set(listing.order)


@given(cases())
@examples(max_examples=150)
def test_adjustments_are_of_what_moved_and_tell_both_places(case: Case) -> None:
    listing = case.listing()
    places = {story: place for place, story in enumerate(listing.order, start=1)}
    moved = {story for story in listing.order if places[story] != case.natural[story]}
    assert {story for story in moved if places[story] <= case.settings.top} | listing.folded.keys() <= listing.adjustments.keys()
    assert listing.adjustments.keys() <= moved | listing.folded.keys()
    for story, (move,) in listing.adjustments.items():
        assert move.by_score == case.natural[story]
        assert move.place == places[listing.folded.get(story, story)]


@given(cases())
@examples(max_examples=150)
def test_adjustments_say_what_is_true_of_the_story(case: Case) -> None:
    listing = case.listing()
    for story, (move,) in listing.adjustments.items():
        holds = {
            "pinned": story in case.pinned and not move.because,
            "stale": story in case.stale and not move.because and move.place > move.by_score,
            "topic_in_a_row": move.because == case.topics[story] and move.place > move.by_score,
            "group_leads": move.because == case.groups[story] and move.place > move.by_score,
            "follow_up_near": move.because.isdigit() and move.place > 1,
            "follow_up_folded": move.because == str(listing.folded.get(story)),
            "made_room": not move.because and move.place <= case.settings.top,
        }
        assert holds[move.rule]


def _keeps_rules(before: Sequence[int], story: int, case: Case) -> bool:
    """Whether a story may stand behind those before it."""
    topic, group = case.topics[story], case.groups[story]
    run, leads = case.settings.topic_in_a_row, case.settings.group_leads
    if run is not None and topic != "." and [case.topics[other] for other in before[-run:]] == [topic] * run:
        return False
    if leads is not None and group != "." and len(before) < leads.of_top:
        return [case.groups[other] for other in before].count(group) < leads.at_most
    return True


@given(cases(follow_ups=["leave", "fold"]))
@examples(max_examples=200)
def test_each_place_has_the_best_story_that_keeps_the_rules_or_if_none_does_the_best(case: Case) -> None:
    order, top = case.listing().order, case.settings.top
    assert list(order[: len(case.on_top)]) == case.on_top
    for place in range(len(case.on_top), len(order)):
        left = sorted(order[place:], key=lambda story: (story in case.stale, case.natural[story]))
        fresh = [story for story in left if story not in case.stale]
        candidates = (fresh or left)[:top]
        allowed = [story for story in candidates if _keeps_rules(order[:place], story, case)]
        assert order[place] == (allowed or candidates if place < top else left)[0]


@given(cases(follow_ups=["leave", "fold"]), st.integers(1, 3))
def test_no_topic_runs_on_in_the_top_unless_all_candidates_have_it(case: Case, run: int) -> None:
    settings = msgspec.structs.replace(case.settings, topic_in_a_row=run, group_leads=None)
    order = replace(case, settings=settings).listing().order
    topics = "".join(case.topics[story] for story in order)
    for place in range(max(run, len(case.on_top)), min(settings.top, len(order))):
        if topics[place] != "." and topics[place - run : place + 1] == topics[place] * (run + 1):
            left = [story for story in order[place:] if (story in case.stale) == (order[place] in case.stale)]
            best = sorted(left, key=case.natural.__getitem__)[: settings.top]
            assert {case.topics[story] for story in best} == {topics[place]}


@given(cases(follow_ups=["near"]))
def test_near_the_pinned_are_first_and_the_stale_last_but_for_follow_ups(case: Case) -> None:
    others = [story for story in case.listing().order if story not in case.follows]
    pinned = [story for story in case.on_top if story in others]
    stale = [story for story in others if story in case.stale and story not in pinned]
    fresh = [story for story in others if story not in case.stale and story not in pinned]
    assert others == [*pinned, *fresh, *stale]


@given(cases(follow_ups=["near"]))
def test_near_nothing_but_follow_ups_stands_between_a_moved_one_and_what_it_follows(case: Case) -> None:
    listing = case.listing()
    for story, (move,) in listing.adjustments.items():
        if move.rule == "follow_up_near":
            leader, own = listing.order.index(int(move.because)), listing.order.index(story)
            assert leader < own
            assert set(listing.order[leader + 1 : own + 1]) <= case.follows.keys() - set(case.pinned)


@given(cases(follow_ups=["fold"]))
def test_what_is_folded_is_not_pinned_and_stands_under_what_was_above_it(case: Case) -> None:
    listing = case.listing()
    for story, leader in listing.folded.items():
        keys = [(other not in case.pinned, other in case.stale, case.natural[other]) for other in (leader, story)]
        assert keys == sorted(keys)
        assert story not in case.pinned
        assert leader not in listing.folded
