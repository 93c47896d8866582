"""Protocols: layers by depth, what overrides what, hashes."""

import pytest

from stilts_mlflow.errors import InputError
from stilts_mlflow.retrieval.protocols import Name, Setting, setting
from stilts_mlflow.tasks.retrieval_tasks import RETRIEVAL

METRIC = {task.name: task.metrics[0] for task in RETRIEVAL}


@pytest.mark.parametrize(
    ("protocol", "task", "depth", "layer"),
    [
        ("none", "tatoeba", 12, 12),
        ("none", "bucc2018", 24, 24),
        ("paper", "tatoeba", 24, 14),
        ("paper", "bucc2018", 12, 7),
        ("paper", "lareqa", 6, 4),  # 3.5, rounded up
        ("paper", "tatoeba", 3, 2),  # 1.75
        # `hidden_states[-12:][7]`: of 25 states the 21st, of 13 the 9th (states count from 0).
        ("xtreme", "bucc2018", 24, 20),
        ("xtreme", "bucc2018", 12, 8),
        ("xtreme", "bucc2018", 4, 3),
        # `hidden_states[-24:][13]` in encoders of 24 layers, `[-12:][7]` in others.
        ("xtreme", "tatoeba", 24, 14),
        ("xtreme", "tatoeba", 12, 8),
        ("xtreme", "tatoeba", 4, 2),
        ("xtreme", "mewslix", 12, 12),
    ],
)
def test_layers_of_protocols(protocol: Name, task: str, depth: int, layer: int) -> None:
    assert setting(task, METRIC[task], protocol, {}).layer_of(depth) == layer


def test_layers_of_short_encoders_exist() -> None:
    for protocol in ("none", "paper", "xtreme"):
        for task, metric in METRIC.items():
            for depth in range(1, 49):
                assert 0 <= setting(task, metric, protocol, {}).layer_of(depth) <= depth


def test_what_the_protocols_say() -> None:
    assert setting("tatoeba", "accuracy", "paper", {}).text == (
        "mean pooling, layer 14/24 of the depth, cosine, 512 sub-words"
    )
    assert setting("bucc2018", "mining_f1", "paper", {}).text == (
        "mean pooling, layer 14/24 of the depth, ratio margin with k=4, 512 sub-words"
    )
    assert setting("bucc2018", "mining_f1", "xtreme", {}).pooling == "cls"
    assert setting("lareqa", "map_at_20", "xtreme", {}).with_context
    assert not setting("mewslix", "map_at_20", "xtreme", {}).with_context
    assert setting("tatoeba", "accuracy", "none", {}) == Setting()  # the last layer, mean, cosine


def test_options_override_the_protocol() -> None:
    options = {"layer": 3, "pooling": "cls", "margin": "distance", "k": None, "centre": True}
    found = setting("bucc2018", "mining_f1", "paper", options)
    assert (found.layer_of(24), found.pooling, found.margin, found.k, found.centre) == (3, "cls", "distance", 4, True)
    assert "centred by language" in found.text
    with pytest.raises(InputError, match=r"layer=3: the encoder has layers 0 \(embeddings\) to 2"):
        found.layer_of(2)


def test_hashes_tell_what_decides_a_score() -> None:
    paper = setting("tatoeba", "accuracy", "paper", {})
    assert paper.hash(24) == setting("tatoeba", "accuracy", "paper", {"layer": 14, "k": 9}).hash(24)  # k is not used
    others = [{"layer": 13}, {"pooling": "cls"}, {"margin": "ratio"}, {"centre": True}]
    hashes = {setting("tatoeba", "accuracy", "paper", options).hash(24) for options in others}
    assert len(hashes | {paper.hash(24), paper.hash(12)}) == 6
