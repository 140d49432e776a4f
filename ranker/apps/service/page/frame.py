"""Frame: what stands around the contents of every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from ranker import __version__
from ranker.apps.service.keys import Caller
from ranker.apps.service.page import files
from ranker.apps.service.running import Running
from ranker.apps.service.serving import serving_of
from ranker.desk.edition import Edition

_STANDS = "The service has stopped deciding: what is shown stays as it is, and nothing new is taken in, until it is started again."
_WAITS = (
    "Changes cannot be decided just now. They are taken in and tried again by and by; until that succeeds, what is shown stays as it is."
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the header and the footer tell."""

    root: str  # what stands before every path: the service may be below another site
    path: str  # of this page, without the root
    as_of: datetime  # of the edition that is shown
    articles: int
    stories: int  # that are listed
    has_keys: bool
    is_closed: bool  # nothing of the stories is told: nobody who may see them asks
    caller: Caller | None  # who asks, where that is known
    notice: str  # to everybody who looks; "" for nothing
    version: str

    def file(self, name: str) -> str:
        """The address of a file of the page."""
        return files.address(self.root, name)


def frame_of(request: Request, edition: Edition | None = None) -> Frame:
    """The frame of the page that a request asks for; of one without a caller it tells nothing.

    Parameters
    ----------
    edition : what the page shows; the newest unless said.
    """
    serving = serving_of(request)
    root = root_of(request)
    edition, has_keys = edition or serving.edition, bool(serving.settings.keys)
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    return Frame(
        root=root,
        path=request.scope["path"].removeprefix(root) or "/",
        as_of=edition.as_of,
        articles=len(edition),
        stories=len(serving.views.of(edition, None, None).stories),
        has_keys=has_keys,
        is_closed=caller is None,
        caller=caller,
        notice=notice_of(serving.running),
        version=__version__,
    )


def notice_of(running: Running) -> str:
    """What everybody who looks must know of the service: that it stands still, or waits for what it needs; "" for nothing."""
    return _STANDS if running.has_failed else _WAITS if running.trouble is not None else ""


def root_of(request: Request) -> str:
    """What a proxy, or a program around this one, has put before every path; without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")
