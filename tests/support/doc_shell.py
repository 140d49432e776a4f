"""Commands of pages: which of them a test may run, and running them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HARMLESS = frozenset(
    "ranker curl cat head tail echo printf ls mkdir cp mv rm touch python3 wc sort uniq grep cut tr sed diff gzip gunzip tar sleep date tee"
    " make cd export for do done true test".split()
)
BINARIES = Path(sys.executable).parent
SECONDS = 180  # of one block
_SEPARATORS = ";|&()"
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")


def first_words(text: str) -> list[str]:
    """The program that each command of a block calls."""
    lexer = shlex.shlex(_COMMENT.sub("", text).replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace, lexer.commenters = " \t\r", ""
    lexer.wordchars += "$:,+@%^…{}[]!"
    words, is_first, is_file = [], True, False
    for token in lexer:
        if token[0] in "<>":
            is_file = True  # what is read from or written to follows
        elif not token.strip() or token[0] in _SEPARATORS:
            is_first = True
        elif is_file:
            is_file = False
        elif is_first and not _ASSIGNMENT.fullmatch(token):
            words.append(token)
            is_first = False
    return words


def serves(text: str) -> bool:
    """Whether a block starts the service, which does not end by itself."""
    return any("ranker serve" in line and not {"--new-key", "--help"} & set(line.split()) for line in text.splitlines())


def made_targets(text: str) -> list[str]:
    """Targets of `make` that a block calls for."""
    return re.findall(r"^\s*make ([\w-]+)", text, re.MULTILINE)


def environment(folder: Path, cache: Path) -> dict[str, str]:
    """Variables of a reader whose home is `folder`, who has a terminal of 80 columns and no network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RANKER_", "XDG_"))}
    nowhere = "http://127.0.0.1:9"
    return kept | {
        "PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "RANKER_CACHE_DIR": str(cache),
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
    }


def run(text: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A block as bash runs it, `make` left out."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("make "))
    options = [] if "| head" in kept else ["-o", "pipefail"]  # who writes to a reader that leaves early fails, and means no harm
    return subprocess.run(
        ["bash", "-e", *options, "-c", kept],
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
