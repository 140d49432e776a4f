"""The sample newsroom's ranking stands in a file; whoever moves a story sees which."""

from __future__ import annotations

from difflib import unified_diff

import pytest
from golden.renew import GOLDEN, stable_lines


def test_the_sample_newsroom_is_ranked_as_it_was() -> None:
    kept, found = GOLDEN.read_text("utf-8").splitlines(), stable_lines()
    difference = "\n".join(unified_diff(kept, found, GOLDEN.name, "this ranking", lineterm="", n=0))
    if difference:
        pytest.fail(f"{difference}\n\nIf this is meant: python tests/golden/renew.py", pytrace=False)
