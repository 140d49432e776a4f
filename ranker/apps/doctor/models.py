"""Models: the encoder that is in force, the shipped models against their manifests, the decision, and the publishers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from ranker.apps.doctor.finding import Finding
from ranker.errors import RankerError
from ranker.pipeline import same_story_file
from ranker.settings import EncoderSettings, PublisherSettings, Settings
from ranker.stories.publishers import load_publishers
from ranker.vectors.background import load_background
from ranker.vectors.encoder import load_encoder, shipped_encoders
from ranker.vectors.model_folder import MANIFEST, ModelFolder

_SENTENCE = "Ferry runs aground on a ledge; all passengers are brought ashore."
_LENGTH_TOLERANCE = 1e-3
_SHIPPED_AGAIN = "install ranker again: pip install --force-reinstall --no-deps ranker"


class _AnyManifest(msgspec.Struct, frozen=True):
    """What the manifests of all kinds of models share."""

    format: int
    name: str
    dimensions: int
    sha256: dict[str, str]


def encoder_finding(settings: EncoderSettings, models: Path) -> Finding:
    """Whether the encoder is there, and turns a sentence into a vector."""
    name = settings.name
    try:
        encoder = load_encoder(settings, models=models)
        fingerprint, vectors = encoder.fingerprint, encoder.encode([_SENTENCE])
    except (RankerError, ImportError, OSError) as error:
        return Finding("encoder", "fault", f"{name} cannot encode: {error}", _other_encoder(name), details={"name": name})
    details: dict[str, object] = {"name": name, "fingerprint": fingerprint, "dimensions": vectors.shape[1]}
    length = float(np.linalg.norm(vectors[0]))
    if abs(length - 1) > _LENGTH_TOLERANCE:
        found = f"{name} gives a sentence a vector of length {length:.3f}, not 1"
        return Finding("encoder", "fault", found, _other_encoder(name), details=details)
    return Finding("encoder", "ok", f"{name} encodes a sentence, {vectors.shape[1]} dimensions ({fingerprint})", details=details)


def _other_encoder(name: str) -> str:
    others = ", ".join(each for each in shipped_encoders() if each != name)
    return f"name another with --encoder or encoder.name: {others} need no download"


def model_findings(settings: Settings, models: Path) -> list[Finding]:
    """Each shipped model against its manifest; the word frequencies; the decision of the settings."""
    folders = sorted(path.parent for path in models.glob(f"*/{MANIFEST}"))
    found = [_against_manifest(folder) for folder in folders]
    if not folders:
        found.append(Finding("models", "fault", f"{models} holds no model", _SHIPPED_AGAIN))
    return [*found, _background(models), _decision(settings)]


def _against_manifest(folder: Path) -> Finding:
    model = ModelFolder(folder, _AnyManifest, version=1, made_by="ranker models")
    try:
        manifest = model.manifest
        for name in manifest.sha256:
            model.read(name)
        fingerprint = model.fingerprint(list(manifest.sha256))
    except RankerError as error:
        return Finding("models", "fault", str(error), _SHIPPED_AGAIN, details={"folder": str(folder)})
    count = len(manifest.sha256)
    details = {"folder": str(folder), "name": manifest.name, "fingerprint": fingerprint, "files": sorted(manifest.sha256)}
    return Finding("models", "ok", f"{folder.name}: {count} files as its manifest says ({fingerprint})", details=details)


def _background(models: Path) -> Finding:
    try:
        background = load_background(models / "background.json")
    except RankerError as error:
        return Finding("models", "fault", str(error), _SHIPPED_AGAIN)
    counts = {"words": len(background.holding), "texts": background.texts}
    return Finding("models", "ok", f"background.json: {counts['words']:,} words of {counts['texts']:,} texts", details=counts)


def _decision(settings: Settings) -> Finding:
    """Whether the decision was learned for the encoder."""
    own, name = settings.grouping.same_story_model, settings.encoder.name
    try:
        file = same_story_file(settings)
    except RankerError as error:
        advice = f"mend grouping.same_story_model ({own}), or leave it out" if own else _SHIPPED_AGAIN
        return Finding("models", "fault", str(error), advice)
    called, known = own or "same-story.json", sorted(file.encoders)
    details: dict[str, object] = {"file": called, "encoders": known, "fallback": file.fallback}
    if name not in file.encoders:
        found = f"{called}: no decision was learned for encoder {name}, that of {file.fallback} stands in"
        advice = f"ranker train same-story LABELLED --encoder {name} --output FILE learns one"
        return Finding("models", "warning", found, advice, details=details)
    return Finding("models", "ok", f"{called}: decides for {', '.join(known)}", details=details)


def publishers_finding(settings: PublisherSettings) -> Finding:
    """The lists of outlets that are in force."""
    try:
        listings = load_publishers(settings).lists
    except RankerError as error:
        return Finding("publishers", "fault", str(error), "mend that line, or leave the file out of publishers.files")
    outlets = sum(len(listing.by_domain) for listing in listings)
    lists = [*(["the shipped list"] if settings.known else []), *settings.files]
    groups = f", {len(settings.groups)} groups of the settings" if settings.groups else ""
    details = {"domains": outlets, "lists": lists, "groups": len(settings.groups)}
    found = f"{outlets:,} domains of {', '.join(lists) or 'no list'}{groups}"
    if not lists and not settings.groups:
        advice = "without owners each provider counts by itself; publishers.known: true uses the shipped list"
        return Finding("publishers", "warning", found, advice, details=details)
    return Finding("publishers", "ok", found, details=details)
