"""The golden file: the sample newsroom's ranked stories, cut down to what must not change unseen.

After a change that is meant to move stories, renew it and look at the difference before it is kept:

    python tests/golden/renew.py && git diff tests/golden
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ranker.apps.session import Request, open_session
from ranker.places import newsroom_folder
from ranker.ranking.ranked import RankedStory

GOLDEN = Path(__file__).with_name("newsroom.jsonl")
AS_OF = datetime(2026, 3, 11, 18, 20, tzinfo=UTC)  # the newest article's time, as `ranker demo` has it


def stable_lines() -> list[str]:
    """One line a story: id, rank, score to four digits, title of the lead, ids of the articles in order of time."""
    folder = newsroom_folder()
    request = Request(
        inputs=(str(folder / "articles"),),
        config=folder / "ranker.yaml",
        profile=None,
        encoder="static",
        as_of=AS_OF,
        use_cache=False,
        strict=False,
        report=None,
        now=AS_OF,
    )
    return [_stable(story) for story in open_session(request).ranking.stories]


def _stable(ranked: RankedStory) -> str:
    fields = {
        "id": ranked.story.id,
        "rank": ranked.rank,
        "score": round(ranked.score, 4),
        "phase": ranked.phase.name,
        "lead": ranked.lead.title,
        "articles": [article.id for article in ranked.story.articles],
    }
    return json.dumps(fields, ensure_ascii=False)


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"{line}\n" for line in stable_lines()), "utf-8")
