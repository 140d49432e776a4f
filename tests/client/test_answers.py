"""Answers: the client knows every field that the service tells, and passes over those of a newer one."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from pydantic import BaseModel

from ranker.apps.service import models, models_lists
from ranker.client import answers, records

# Of the service -> of the client, and the fields that the client adds or does not need.
PAIRS: list[tuple[type[BaseModel], type[msgspec.Struct], set[str]]] = [
    (models.ProviderOut, answers.Provider, set()),
    (models.ShortArticle, answers.ShortArticle, set()),
    (models.KeptArticleOut, answers.Article, set()),
    (models.MembershipOut, answers.Membership, set()),
    (models.Member, answers.Member, set()),
    (models.SignalOut, answers.Signal, set()),
    (models.Signals, answers.Signals, set()),
    (models.AdjustmentOut, answers.Adjustment, set()),
    (models.CountsOut, answers.Counts, set()),
    (models.Hour, answers.Hour, set()),
    (models.Lineage, answers.Lineage, set()),
    (models.StoryOut, answers.Story, {"askedFor"}),
    (models.TimelineOut, answers.Timeline, {"askedFor"}),
    (models.StoriesOut, answers.StoriesPage, set()),
    (models.RelatedItem, answers.RelatedArticle, set()),
    (models.RelatedOut, answers.Related, set()),
    (models.DiversityOut, answers.Diversity, set()),
    (models.FieldProblem, answers.FieldProblem, set()),
    (models.RefusedItem, answers.RefusedArticle, set()),
    (models.RankedOut, answers.Ranked, set()),
    (models.ItemOut, records.Item, {"index"}),
    (models.ItemOut, answers.Receipt, {"line"}),
    (models.TakenOut, records.Taken, {"accepted", "refused"}),
    (models.RemovedOut, records.Removed, set()),
    (models_lists.EventOut, records.Event, set()),
    (models_lists.ChangesOut, records.ChangesPage, set()),
    (models_lists.Undone, records.Undone, set()),
    (models_lists.CorrectionOut, records.Correction, set()),
    (models_lists.CorrectionsOut, records.CorrectionsPage, set()),
    (models_lists.TopicOut, records.Topic, set()),
    (models_lists.TopicsOut, records.TopicsPage, set()),
    (models_lists.Dates, records.Dates, set()),
    (models_lists.ProviderHealthOut, records.ProviderHealth, set()),
    (models_lists.ProvidersOut, records.ProvidersPage, set()),
]


@pytest.mark.parametrize(("told", "known", "apart"), PAIRS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_client_knows_the_fields_that_the_service_tells(told: type[BaseModel], known: type[msgspec.Struct], apart: set[str]) -> None:
    on_the_wire = {field.alias or name for name, field in told.model_fields.items()}
    assert on_the_wire ^ set(known.__struct_encode_fields__) == apart


@pytest.mark.parametrize(("told", "known", "apart"), PAIRS, ids=lambda value: getattr(value, "__name__", ""))
def test_what_may_be_missing_or_null_may_be_so_in_the_client(told: type[BaseModel], known: type[msgspec.Struct], apart: set[str]) -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(known)}
    for name, field in told.model_fields.items():
        wire = field.alias or name
        if wire in apart or (told is models.ItemOut and wire in {"index", "line"}):  # each has the one by which it was asked
            continue
        if type(None) in get_args(field.annotation):
            assert type(None) in get_args(fields[wire].type), wire
        if not field.is_required():
            assert not fields[wire].required, wire


def test_every_answer_is_frozen_and_in_camel_case() -> None:
    kinds = [kind for module in (answers, records) for kind in vars(module).values() if isinstance(kind, type(msgspec.Struct))]
    assert len(kinds) > 30
    for kind in kinds:
        config: Any = kind.__struct_config__
        assert config.frozen, kind
        assert not config.forbid_unknown_fields, kind
        assert all("_" not in name for name in kind.__struct_encode_fields__), kind


def test_a_field_of_a_newer_service_is_passed_over() -> None:
    told = b'{"name": "Earthquakes", "stories": 2, "articles": 7, "mood": "grave"}'
    assert msgspec.json.decode(told, type=records.Topic) == records.Topic(name="Earthquakes", stories=2, articles=7)
