"""Identity: under which id each new group of articles goes, so that a story keeps its id while the world around it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_STORY = -1


@dataclass(frozen=True, slots=True)
class Succession:
    """What became of stories when their articles were grouped anew.

    Stories are numbers, given in order of their creation; groups are numbers of any kind.
    """

    story_of_group: Mapping[int, int]  # the story that a group goes on as; a group that is not in it is a new story
    heirs: Mapping[int, tuple[int, ...]]  # story -> the groups that hold its articles, most of them first; none if all are gone
    sources: Mapping[int, tuple[int, ...]]  # group -> the stories its articles were in, most of them first


def succession(stories: NDArray[np.int64], groups: NDArray[np.int64]) -> Succession:
    """Who goes on as whom.

    A story goes on as one group at most and a group as one story at most. Claims are settled by how many articles the two have in
    common, the most first: so the fewest articles change the id they are found under, one claim at a time. Of equal claims the older
    story's is first, then the group with the smaller number.

    Parameters
    ----------
    stories : (n,) the story that each article was in; `NO_STORY` for one that was in none.
    groups : (n,) the group that each article is in now; `NO_STORY` for one that is gone.
    """
    heirs: dict[int, list[tuple[int, int]]] = {int(story): [] for story in np.unique(stories[stories != NO_STORY])}
    sources: dict[int, list[tuple[int, int]]] = {int(group): [] for group in np.unique(groups[groups != NO_STORY])}
    both = (stories != NO_STORY) & (groups != NO_STORY)
    pairs, counts = np.unique(np.stack((stories[both], groups[both]), axis=1), axis=0, return_counts=True)
    claims = sorted(zip((-counts).tolist(), *pairs.T.tolist(), strict=True))
    story_of_group: dict[int, int] = {}
    settled: set[int] = set()
    for less, story, group in claims:
        heirs[story].append((less, group))
        sources[group].append((less, story))
        if group not in story_of_group and story not in settled:
            story_of_group[group] = story
            settled.add(story)
    return Succession(
        story_of_group,
        {story: tuple(group for _, group in sorted(found)) for story, found in heirs.items()},
        {group: tuple(story for _, story in sorted(found)) for group, found in sources.items()},
    )
