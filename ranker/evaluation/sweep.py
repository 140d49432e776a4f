"""Sweep: one setting through several values, over one input whose texts are embedded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from ranker.errors import SettingsError
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.vectors.encoder import Encoder, Progress, Vectors

_READ_ONCE = ("reading", "cache")  # sections that say how the input is read, which happens once
_FORM = "write KEY=A,B,C, such as grouping.window_days=3,5,7"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A dotted setting and the values it takes, in the order given."""

    key: str
    values: tuple[object, ...]


def parsed_sweep(text: str) -> Sweep:
    """The sweep that "KEY=A,B,C" says; the values are YAML.

    Raises
    ------
    SettingsError : if it is of another form, names no value, or names a setting of reading.
    """
    key, equals, listed = text.partition("=")
    key = key.strip()
    if not equals or not all(key.split(".")):
        raise SettingsError(f"--sweep {text}: {_FORM}")
    if key.split(".")[0] in _READ_ONCE:
        raise SettingsError(f"--sweep {text}: the input is read once, so no setting of {' or '.join(_READ_ONCE)} can be swept")
    try:
        values = yaml.load(f"[{listed}\n]", Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise SettingsError(f"--sweep {text}: the values are not YAML; {_FORM}") from error
    if not isinstance(values, list) or not values:
        raise SettingsError(f"--sweep {text}: names no value; {_FORM}")
    return Sweep(key, tuple(values))


def swept_settings(
    sweep: Sweep, path: Path | None = None, *, profile: str | None = None, overrides: Mapping[str, object] | None = None
) -> list[Settings]:
    """The settings for each value, all else as `load_settings` gives it.

    Raises
    ------
    SettingsError : naming the key, the value and what is allowed.
    """
    load_settings(path, profile=profile, overrides=overrides)  # what is wrong without the sweep is not the sweep's fault
    found = []
    for value in sweep.values:
        try:
            found.append(load_settings(path, profile=profile, overrides={**(overrides or {}), sweep.key: value}))
        except SettingsError as error:
            raise SettingsError(f"--sweep: {str(error).removeprefix('override: ')}") from error
    return found


class RememberingEncoder:
    """An encoder that embeds no text twice while it lives.

    Parameters
    ----------
    known : vectors of texts that it need not embed at all, of the same encoder.
    """

    def __init__(self, encoder: Encoder, known: Mapping[str, Vectors] | None = None) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = dict(known or {})

    @property
    def fingerprint(self) -> str:
        """That of the encoder behind it: the vectors are the same."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """The texts' vectors; only new texts reach the encoder behind."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new or not texts:
            vectors = self._encoder.encode(new, progress=progress)
            self._known.update(zip(new, vectors, strict=True))
            if not texts:
                return vectors
        if progress is not None and len(texts) > len(new):
            progress(len(texts) - len(new))
        return np.stack([self._known[text] for text in texts])
