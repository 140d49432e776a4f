"""A sentence-transformers model small enough to make in a test."""

from __future__ import annotations

from pathlib import Path

_WORDS = "a storm closed the harbour at dawn ferry crew waits for calm sea ##s ##ed . :".split()


def make_tiny_transformer(folder: Path) -> Path:
    """A folder inside `folder` with a BERT of 32 dimensions, two layers and 16 tokens, its weights random but the same in every run."""
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    raw = folder / "raw"
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    vocabulary = {token: number for number, token in enumerate([*marks.values(), *_WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=16, **marks)  # type: ignore[no-untyped-call]  # the library does not type it
    fast.save_pretrained(raw)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
            max_position_embeddings=16, initializer_range=0.2,
        )  # fmt: skip
        BertModel(config).save_pretrained(raw)
    SentenceTransformer(str(raw), device="cpu").save(str(folder / "tiny"))
    return folder / "tiny"
