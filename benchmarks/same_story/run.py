"""Measure what a user could pick to put articles of one story together, `ranker` among it, on any labelled files.

`python benchmarks/same_story/run.py [NAME=]FILE...`, from the project's root.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
for _threads in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # read when the libraries load; seconds are comparable only on one thread each
if sys.path[0] == str(FOLDER):
    sys.path[0] = str(FOLDER.parent.parent)  # this folder's modules are benchmarks.same_story.*, and hide no others

import msgspec  # noqa: E402 - after the environment is set

from benchmarks.same_story.measure import PeerResult, Result, as_text, libraries, machine, measured  # noqa: E402
from benchmarks.same_story.peers import PEERS, Peer  # noqa: E402
from benchmarks.same_story.sets import LabelledSet, labelled_sets  # noqa: E402
from benchmarks.same_story.table import table, with_table  # noqa: E402
from ranker.errors import RankerError  # noqa: E402

OUTPUT = FOLDER / "results" / "same-story.json"
README = FOLDER / "README.md"


def asked(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="[NAME=]FILE", help="labelled articles; a folder like data/newsroom is read whole")
    parser.add_argument("--labels", default="story", help="field that holds the true story (%(default)s)")
    parser.add_argument("--encoder", default="minilm", help="encoder of ranker's settings (%(default)s)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="raw figures, JSON (results/same-story.json)")
    parser.add_argument("--peers", default="", help=f"of {', '.join(peer.key for peer in PEERS)}; all by default")
    parser.add_argument("--sample", default="1", help="shares of the articles to measure on, such as 1,0.2,0.05 (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the samples (%(default)s)")
    parser.add_argument("--merge", action="store_true", help="renew only the peers asked for in --output, on the sets it was taken on")
    parser.add_argument("--readme", action="store_true", help="renew the table in this folder's README.md too")
    chosen = parser.parse_args(arguments)
    if bool(chosen.files) == chosen.merge:
        parser.error("give files to measure on, or --merge to use those of --output again")
    return chosen


def chosen_peers(keys: str) -> list[Peer]:
    """The peers of some keys, in the order of the table.

    Raises
    ------
    ValueError : if a key is no peer's.
    """
    wanted = {key.strip() for key in keys.split(",") if key.strip()}
    known = [peer.key for peer in PEERS]
    unknown = sorted(wanted.difference(known))
    if unknown:
        raise ValueError(f"--peers {', '.join(unknown)}: there are {', '.join(known)}")
    return [peer for peer in PEERS if not wanted or peer.key in wanted]


def shares_of(text: str) -> list[float]:
    """Shares such as "1,0.2", the largest first.

    Raises
    ------
    ValueError : if one is not above 0 and at most 1.
    """
    shares = sorted({float(part) for part in text.split(",")}, reverse=True)
    if not all(0 < share <= 1 for share in shares):
        raise ValueError(f"--sample {text}: shares are above 0 and at most 1")
    return shares


def merged(before: Result, sets: list[LabelledSet], fresh: list[PeerResult]) -> Result:
    """Earlier figures with some peers' renewed, in the order of the table.

    Raises
    ------
    ValueError : if the sets or the encoder are not those of the earlier figures.
    """
    if [each.about for each in sets] != before.sets or sets[0].given.fingerprint != before.fingerprint:
        raise ValueError("the files or the encoder have changed since the figures were taken: measure all peers anew")
    by_key = {peer.key: peer for peer in (*before.peers, *fresh)}
    peers = [by_key[peer.key] for peer in PEERS if peer.key in by_key]
    return msgspec.structs.replace(before, peers=peers)


def compared(peers: list[Peer], sets: list[LabelledSet]) -> list[PeerResult]:
    """The peers' figures, told on standard error as they come."""
    results = []
    for peer in peers:
        print(f"{peer.name} ...", file=sys.stderr, flush=True)
        results.append(measured(peer, sets))
    return results


def measured_anew(chosen: argparse.Namespace, peers: list[Peer]) -> Result:
    """All figures of a run on the files asked for."""
    shares = shares_of(chosen.sample)
    sets = labelled_sets(chosen.files, chosen.labels, chosen.encoder, shares, chosen.seed)
    return Result(
        inputs=chosen.files,
        labels=chosen.labels,
        encoder=chosen.encoder,
        fingerprint=sets[0].given.fingerprint,
        shares=shares,
        seed=chosen.seed,
        machine=machine(),
        libraries=libraries(),
        sets=[each.about for each in sets],
        peers=compared(peers, sets),
    )


def measured_again(chosen: argparse.Namespace, peers: list[Peer]) -> Result:
    """The figures of --output with those of some peers renewed on the same sets."""
    try:
        before = msgspec.json.decode(chosen.output.read_bytes(), type=Result)
    except msgspec.DecodeError as error:
        raise ValueError(f"{chosen.output}: not figures of this command ({error})") from error
    sets = labelled_sets(before.inputs, before.labels, before.encoder, before.shares, before.seed)
    merged(before, sets, [])  # other sets are refused before minutes are spent on them
    return merged(before, sets, compared(peers, sets))


def main() -> None:
    """Measure, write the figures, print the table."""
    chosen = asked()
    try:
        peers = chosen_peers(chosen.peers)
        result = measured_again(chosen, peers) if chosen.merge else measured_anew(chosen, peers)
    except (RankerError, ValueError, OSError) as error:
        sys.exit(f"run.py: {error}")
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(as_text(result), "utf-8")
    print(table(result), end="")
    if chosen.readme:
        README.write_text(with_table(README.read_text("utf-8"), result), "utf-8")


if __name__ == "__main__":
    main()
