"""Policy: what a page that stands by itself may do, by the hashes of its own scripts and styles (https://www.w3.org/TR/CSP3/)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence


def content_policy(*, scripts: Sequence[str], styles: Sequence[str], has_plots: bool) -> str:
    """The policy of a page: it loads nothing, sends nothing, and runs the given scripts alone.

    Parameters
    ----------
    scripts, styles : the texts of its own `<script>` and `<style>` elements, to the byte.
    has_plots : plotly.js sets attributes `style`, puts in an empty `<style>`, and shows a picture that it has made.
    """
    parts = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)) or "'none'",
        "style-src": " ".join(map(_hash, (*styles, *([""] if has_plots else [])))),
        "style-src-attr": "'unsafe-inline'" if has_plots else "'none'",
        "img-src": "data: blob:" if has_plots else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
