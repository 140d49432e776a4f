"""Model folder: a manifest that is read first, and files that are held to its hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from ranker.errors import ArtifactError

MANIFEST = "manifest.json"
TOKENIZER = "tokenizer.json"


class Manifest(Protocol):
    """What every manifest says."""

    @property
    def format(self) -> int:
        """Version of the layout."""
        ...

    @property
    def name(self) -> str:
        """What the fingerprint calls the model."""
        ...

    @property
    def sha256(self) -> dict[str, str]:
        """File name -> SHA-256 of its bytes."""
        ...


M = TypeVar("M", bound=Manifest)


class ModelFolder(Generic[M]):
    """A shipped model's files.

    Parameters
    ----------
    kind : the manifest's type.
    version : the only format that is read.
    made_by : the command that makes such a model.
    """

    def __init__(self, path: Path, kind: type[M], *, version: int, made_by: str) -> None:
        self.path = path
        self._kind = kind
        self._version = version
        self._made_by = made_by

    @cached_property
    def manifest(self) -> M:
        """The manifest, its format checked.

        Raises
        ------
        ArtifactError : if it is missing, damaged or of another format.
        """
        path = self.path / MANIFEST
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=self._kind)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ArtifactError(f"{path}: cannot be read ({error}); `{self._made_by}` makes the model") from error
        if manifest.format != self._version:
            raise ArtifactError(f"{path}: format {manifest.format}, this version of ranker reads {self._version}")
        return manifest

    def fingerprint(self, files: Sequence[str]) -> str:
        """Name and hash of some files, as the manifest gives them; what is read later is held to it."""
        hashes = "".join(self._sha256(name) for name in files)
        return f"{self.manifest.name}:{hashlib.sha256(hashes.encode()).hexdigest()[:16]}"

    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises
        ------
        ArtifactError : if it is missing, or not the file that the manifest describes.
        """
        path, expected = self.path / name, self._sha256(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"{path}: cannot be read ({error})") from error
        if hashlib.sha256(data).hexdigest() != expected:
            raise ArtifactError(f"{path}: is damaged or not the file that {MANIFEST} describes (its SHA-256 differs)")
        return data

    def tokenizer(self) -> Any:
        """The tokenizer, without padding.

        Raises
        ------
        ArtifactError : if it cannot be read.
        """
        from tokenizers import Tokenizer

        data = self.read(TOKENIZER)
        try:
            tokenizer = Tokenizer.from_buffer(data)
        except Exception as error:  # the library raises bare Exception
            raise ArtifactError(f"{self.path / TOKENIZER}: cannot be read ({error})") from error
        tokenizer.no_padding()
        return tokenizer

    def _sha256(self, name: str) -> str:
        try:
            return self.manifest.sha256[name]
        except KeyError as error:
            raise ArtifactError(f"{self.path / MANIFEST}: gives no SHA-256 of {name}") from error
