"""Encoders by name: what an encoder must do, which there are, and how one is made from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranker.settings import EncoderSettings

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]  # called with the number of texts finished since the last call


class Encoder(Protocol):
    """Texts in, unit rows out; nothing is loaded before the first text is encoded."""

    @property
    def fingerprint(self) -> str:
        """A name that changes whenever the vectors of some text would; known without loading the model."""
        ...

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """The texts' vectors.

        Returns
        -------
        (len(texts), dimensions) float32; row i belongs to texts[i] and has length 1, or 0 if the encoder
        knows nothing of the text (a text of unknown characters alone).
        """
        ...


def load_encoder(settings: EncoderSettings, *, models: Path) -> Encoder:
    """The encoder that the settings name: a shipped one, else a folder that `ranker train` wrote, or any sentence-transformers model.

    Parameters
    ----------
    models : folder of the shipped models.

    Raises
    ------
    EncoderError : if its library or its files are missing.
    """
    if settings.name in _SHIPPED:
        return _SHIPPED[settings.name](settings, models)
    return _from_folder_or_hub(settings)


def shipped_encoders() -> list[str]:
    """Names of the encoders that need no download, sorted."""
    return sorted(_SHIPPED)


def _minilm(settings: EncoderSettings, models: Path) -> Encoder:  # noqa: ARG001 - builders share one signature
    from ranker.vectors.transformer import minilm_encoder

    return minilm_encoder(settings)


def _static(settings: EncoderSettings, models: Path) -> Encoder:  # noqa: ARG001 - builders share one signature
    from ranker.vectors.static import StaticEncoder

    return StaticEncoder(models / "static-minilm")


def _news_minilm(settings: EncoderSettings, models: Path) -> Encoder:  # noqa: ARG001 - builders share one signature
    from ranker.vectors.onnx import OnnxEncoder

    return OnnxEncoder(models / "news-minilm")


def _from_folder_or_hub(settings: EncoderSettings) -> Encoder:
    folder = Path(settings.name)
    if (folder / "model.onnx").is_file():
        from ranker.vectors.onnx import OnnxEncoder

        return OnnxEncoder(folder)
    if (folder / "table.npz").is_file():
        from ranker.vectors.static import StaticEncoder

        return StaticEncoder(folder)
    from ranker.vectors.transformer import TransformerEncoder

    return TransformerEncoder(settings.name, settings)


_SHIPPED: dict[str, Callable[[EncoderSettings, Path], Encoder]] = {
    "minilm": _minilm,
    "news-minilm": _news_minilm,
    "static": _static,
}
