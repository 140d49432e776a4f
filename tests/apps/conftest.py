"""What tests of the applications share: a small desk of articles, its ranking, and the command line in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder

from ranker.apps import cli
from ranker.articles.reading import read_articles
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
QUAKE = "A magnitude 6.8 quake struck the Tarapay coast before dawn and three fishing towns were evacuated."

# Three reports of a quake, two of a ferry, one of a snooker match.
DESK = {
    "quake-pressline.md": f"""---
title: "Quake of magnitude 6.8 strikes off Tarapay coast"
excerpt: "{QUAKE}"
publishedDateTime: 2026-03-11T09:00:00Z
webUrl: "https://www.pressline.example/quake"
type: article
quality: 1
heat: 1
published: true
provider:
  name: Pressline
  domain: pressline.example
topics:
  - Earthquakes
  - Peru
images:
  - url: "https://img.pressline.example/quake.jpg"
    width: 800
    height: 450
    isCached: true
secured: "b3BhcXVl"
---
Body of the report.
""",
    "quake-nineline.md": f"""---
title: "Tarapay coast struck by quake of magnitude 6.8"
excerpt: "{QUAKE} No tsunami followed."
publishedDateTime: 2026-03-11T10:00:00Z
webUrl: "https://nineline.example/tarapay"
provider: {{name: Nineline TV, domain: nineline.example}}
topics: [Earthquakes]
---
""",
    "quake-continental.md": f"""---
title: "Magnitude 6.8 quake strikes Tarapay coast, towns evacuated"
excerpt: "{QUAKE} Schools stay closed."
publishedDateTime: 2026-03-11T12:00:00Z
webUrl: "https://continental.example/quake-tarapay"
provider: {{name: Continental Wire, domain: continental.example}}
---
""",
    "ferry-albion.md": """---
title: "Ferry Lady Corinne aground on Gannet Ledge"
excerpt: "All 61 passengers of the ferry Lady Corinne were brought ashore by lifeboat."
publishedDateTime: 2026-03-10T07:00:00Z
webUrl: "https://albion.example/lady-corinne"
provider: {name: The Albion, domain: albion.example}
topics: [Sea]
---
""",
    "ferry-herald.md": """---
title: "Lady Corinne runs aground on Gannet Ledge"
excerpt: "Lifeboats brought all 61 passengers of the ferry Lady Corinne ashore."
publishedDateTime: 2026-03-10T08:00:00Z
webUrl: "https://herald.example/gannet-ledge"
provider: {name: Port Sable Herald, domain: herald.example}
---
""",
    "snooker.md": """---
title: "Schoolboy makes a maximum break"
publishedDateTime: 2026-03-11T18:00:00Z
webUrl: "https://touchline.example/147"
provider: {name: Touchline, domain: touchline.example}
---
""",
}

Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def _plain_surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache of the user's, no terminal's colours, 80 columns."""
    monkeypatch.setenv("RANKER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the files of `DESK`."""
    folder = tmp_path / "desk"
    folder.mkdir()
    for name, text in DESK.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def ranking(tmp_path_factory: pytest.TempPathFactory, default_settings: Settings) -> Ranking:
    """The ranking of `DESK`."""
    folder = tmp_path_factory.mktemp("ranked")
    for name, text in DESK.items():
        (folder / name).write_text(text, "utf-8")
    articles = read_articles([str(folder)], default_settings.reading).articles
    return rank_articles(articles, default_settings, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY)


@pytest.fixture
def ranker(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`ranker ARGUMENT...` in this process: exit code, standard output and standard error."""

    def run(*arguments: object, stdin: bytes = b"") -> CompletedProcess[str]:
        given: Sequence[str] = [str(argument) for argument in arguments]
        capsys.readouterr()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["ranker", *given])
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            with pytest.raises(SystemExit) as end:
                cli.main()
        told = capsys.readouterr()
        return CompletedProcess(given, end.value.code if isinstance(end.value.code, int) else 0, told.out, told.err)

    return run
