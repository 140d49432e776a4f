"""Encoders that the tests of vectors share, and a model small enough to make in a test."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.hashing_encoder import HashingEncoder

from ranker.places import models_folder
from ranker.settings import EncoderSettings, Settings
from ranker.vectors.encoder import Encoder, load_encoder

_TINY_WORDS = "a storm closed the harbour at dawn ferry crew waits for calm sea ##s ##ed .".split()


@pytest.fixture(scope="session")
def float32_settings(default_settings: Settings) -> EncoderSettings:
    """Float32 on every machine, so that vectors can be compared with numbers."""
    return msgspec.structs.replace(default_settings.encoder, name="minilm", precision="float32")


@pytest.fixture(scope="session")
def static_encoder(float32_settings: EncoderSettings) -> Encoder:
    return load_encoder(msgspec.structs.replace(float32_settings, name="static"), models=models_folder())


@pytest.fixture(scope="session")
def news_minilm_encoder(float32_settings: EncoderSettings) -> Encoder:
    return load_encoder(msgspec.structs.replace(float32_settings, name="news-minilm"), models=models_folder())


@pytest.fixture(scope="session")
def minilm_encoder(float32_settings: EncoderSettings) -> Encoder:
    return load_encoder(float32_settings, models=models_folder())


@pytest.fixture(params=["hashing", "static", "news_minilm", pytest.param("minilm", marks=pytest.mark.model)])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """Every kind of encoder in turn."""
    if request.param == "hashing":
        return HashingEncoder()
    made: Encoder = request.getfixturevalue(f"{request.param}_encoder")
    return made


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of 8 dimensions and 20 tokens, its weights random but the same in every run."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    vocabulary = {token: number for number, token in enumerate([*marks.values(), *_TINY_WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks).save_pretrained(folder)  # type: ignore[no-untyped-call]  # the library does not type it
    torch.manual_seed(7)
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    BertModel(config).save_pretrained(folder)
    return folder
