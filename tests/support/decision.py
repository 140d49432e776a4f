"""A same-story decision that no training changes."""

from __future__ import annotations

from ranker.stories.same_story import Calibration, SameStory

WEIGHTS = {
    "meaning": 0.45,
    "rare_words": 0.6,
    "shared_names": 0.05,
    "other_names": -0.02,
    "other_quantities": -0.02,
    "other_ordinals": -0.15,
    "hours_apart": -0.1,
    "days_apart": -0.4,
    "undated": -0.28,
    "saga": -0.3,
    "same_provider": -0.35,
    "shared_topics": 0.18,
    "other_topics": -0.12,
    "other_category": -0.06,
    "other_form": -0.01,
}
SAME_STORY = SameStory(WEIGHTS, 0.07, Calibration(12.0, 0.0))
