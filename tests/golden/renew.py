"""The golden file: the sample newsroom's ranked stories, cut down to what must not change unseen.

After a change that is meant to move stories, renew it and look at the difference before it is kept:

    python tests/golden/renew.py && git diff tests/golden
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ranker.apps.places import models_folder, newsroom_folder
from ranker.articles.reading import read_articles
from ranker.pipeline import RankedStory, rank_articles
from ranker.settings import load_settings
from ranker.vectors.encoder import load_encoder

GOLDEN = Path(__file__).with_name("newsroom.jsonl")
AS_OF = datetime(2026, 3, 11, 18, 20, tzinfo=UTC)  # the newest article's time, as `ranker demo` has it


def stable_lines() -> list[str]:
    """One line a story: id, rank, score to four digits, title of the lead, ids of the articles in order of time."""
    folder = newsroom_folder()
    settings = load_settings(folder / "ranker.yaml", overrides={"encoder.name": "static"})
    articles = read_articles([str(folder / "articles")], settings.reading).articles
    encoder = load_encoder(settings.encoder, models=models_folder())
    return [_stable(story) for story in rank_articles(articles, settings, as_of=AS_OF, encoder=encoder).stories]


def _stable(ranked: RankedStory) -> str:
    fields = {
        "id": ranked.story.id,
        "rank": ranked.rank,
        "score": round(ranked.blend.score, 4),
        "lead": ranked.lead.title,
        "articles": [article.id for article in ranked.story.articles],
    }
    return json.dumps(fields, ensure_ascii=False)


if __name__ == "__main__":
    GOLDEN.write_text("".join(f"{line}\n" for line in stable_lines()), "utf-8")
