"""A reader who goes through a page: makes its files, starts its service, runs its blocks and compares what they print."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
from support import doc_shell
from support.doc_blocks import ROOT, Block, Order, name
from support.doc_output import is_shown

from ranker.client import RankerClient

SHOWN_ADDRESS = "127.0.0.1:8710"
DEFAULT_SERVICE = "ranker serve --demo --encoder static"
_READY_SECONDS, _STOP_SECONDS = 60, 30
_SHOWN = 4000  # characters of what a failed block said
_PROGRESS = re.compile(r"^ranker: [\w ]+: [\d,]+ of [\d,]+, .*\n", re.MULTILINE)  # said where the machine is slow
_ADDRESSES = re.compile(r"(?:127\.0\.0\.1|localhost):8710")


class Reader:
    """Goes through one page, step by step; a context, so that a service that it started ends.

    Parameters
    ----------
    folder : empty; where the page's paths lead.
    environ : variables of what it runs.
    """

    def __init__(self, page: Path, folder: Path, environ: Mapping[str, str]) -> None:
        self._page, self._folder, self._environ = page, folder, environ
        self._names: dict[str, Any] = {"__name__": "__page__"}
        self._address: str | None = None
        self._ending = contextlib.ExitStack()
        shutil.copytree(ROOT / "data", folder / "data")
        (folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n", "utf-8")  # an answer that is an error ends the block

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for left_open in self._names.values():  # as the end of a script would
            if isinstance(left_open, RankerClient):
                left_open.close()
        self._ending.close()

    def take(self, step: Block | Order) -> None:
        """Do what a step says.

        Raises
        ------
        AssertionError : it fails, or prints something else than the page shows.
        """
        if isinstance(step, Order):
            self._follow(step)
        elif "file" in step.marks:
            self._write(step)
        elif "starts the service" in step.marks:
            self._start_shown(step)
        elif step.is_run:
            self._run(step)

    def _follow(self, order: Order) -> None:
        if order.mark == "with the service":
            self._start(order.text or DEFAULT_SERVICE, order.line)
        elif order.mark == "stops the service":
            assert self._address is not None, f"{self._at(order.line)}: none runs"
            self._ending.close()
            self._address = None
        else:
            self._shell(order.text, order.line, exits=0)

    def _write(self, block: Block) -> None:
        path = (self._folder / block.marks["file"]).resolve()
        assert path.is_relative_to(self._folder.resolve()), f"{self._at(block.line)}: {path} is outside the page's folder"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")

    def _run(self, block: Block) -> None:
        if block.language == "python":
            printed = [self._python(block)]
        else:
            done = self._shell(block.text, block.line, exits=int(block.marks.get("exits", "0").partition(":")[0]))
            printed = [done.stdout, done.stderr, done.stderr + done.stdout]
        if block.shown is not None:
            told = [_PROGRESS.sub("", self._as_shown(text)) for text in printed]
            assert any(is_shown(block.shown, text) for text in told), (
                f"{self._at(block.line)} prints something else than the page shows.\n--- shown\n{block.shown}\n--- printed\n{told[-1]}"
            )

    def _python(self, block: Block) -> str:
        told = io.StringIO()
        code = compile("\n" * block.line + self._as_run(block.text), self._at(block.line), "exec")
        with contextlib.redirect_stdout(told):
            exec(code, self._names)
        return told.getvalue()

    def _shell(self, text: str, line: int, *, exits: int) -> subprocess.CompletedProcess[str]:
        harmful = [word for word in doc_shell.first_words(text) if word not in doc_shell.HARMLESS]
        assert not harmful, f"{self._at(line)}: not run because of {harmful}; mark the block `<!-- not run: REASON -->`"
        assert not doc_shell.serves(text), f"{self._at(line)}: mark it `<!-- starts the service -->` or `<!-- not run: never ends -->`"
        done = doc_shell.run(self._as_run(text), self._folder, self._environ)
        told = f"{text}\n{done.stdout[-_SHOWN:]}\n{done.stderr[-_SHOWN:]}"
        assert done.returncode == exits, f"{self._at(line)} ends with exit code {done.returncode} in place of {exits}:\n{told}"
        return done

    def _start_shown(self, block: Block) -> None:
        lines = [line for line in block.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        serving = [line for line in lines if "ranker serve" in line]
        assert len(serving) == 1, f"{self._at(block.line)}: one line of it starts the service, not {len(serving)}"
        before = "\n".join(lines[: lines.index(serving[0])])
        if before:
            self._shell(before, block.line, exits=0)
        self._start(serving[0], block.line)

    def _start(self, command: str, line: int) -> None:
        """Start the service at a free port, and wait until it is ready."""
        assert self._address is None, f"{self._at(line)}: one service runs already"
        words = shlex.split(command.strip().removesuffix("&"))
        settings = dict(word.split("=", 1) for word in words[: words.index("ranker")])
        log = self._ending.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))  # noqa: SIM115 - the stack closes it
        program = [str(doc_shell.BINARIES / "ranker"), *words[words.index("ranker") + 1 :], "--port", "0"]
        process = subprocess.Popen(
            program, cwd=self._folder, env={**self._environ, **settings}, stdout=subprocess.PIPE, stderr=log, text=True
        )
        self._ending.callback(_stop, process)
        assert process.stdout is not None
        listening = re.search(r"listening on http://([^\s,]+)", process.stdout.readline())
        if listening is None:
            log.seek(0)
            raise AssertionError(f"{self._at(line)}: {command} does not listen:\n{log.read()}")
        self._address = listening[1]
        _wait_until_ready(f"http://{self._address}/readyz")

    def _as_run(self, text: str) -> str:
        """The page's address replaced by where its service really is."""
        return text if self._address is None else _ADDRESSES.sub(self._address, text)

    def _as_shown(self, text: str) -> str:
        return text if self._address is None else text.replace(self._address, SHOWN_ADDRESS)

    def _at(self, line: int) -> str:
        return f"{name(self._page)}:{line}"


def _wait_until_ready(address: str) -> None:
    end = time.monotonic() + _READY_SECONDS
    while httpx.get(address, trust_env=False).status_code != httpx.codes.OK:
        assert time.monotonic() < end, f"{address} is not ready after {_READY_SECONDS} seconds"
        time.sleep(0.05)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=_STOP_SECONDS)
