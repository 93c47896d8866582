"""Phase 1 for the built-in world: a tokenizer and a tiny encoder, masked LM plus translation ranking.

    python -m entry_points.pretrain

Real encoders come pretrained; this one makes the whole chain run anywhere in minutes.
"""

from dataclasses import asdict
from pathlib import Path

from stilts_mlflow import tracking
from stilts_mlflow.data.load import DataSource, available_languages
from stilts_mlflow.phases.config import PretrainConfig
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work
from stilts_mlflow.tasks.tables import TASKS


def pretrain(config: PretrainConfig) -> str:
    """Train the built-in encoder; returns the run id. The artifact `checkpoint` is an ordinary model folder."""
    tracking.connect(config.experiment)
    source = DataSource("demo")
    text, bitext = TASKS["masked_lm"], TASKS["bitext"]
    splits = [(text, "train", language) for language in available_languages(text, "train", source)]
    splits += [(bitext, "train", language) for language in available_languages(bitext, "train", source)]
    inputs = inputs_of(splits, source)
    key = tracking.RunKey("pretrain", key_config(config), {}, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        from stilts_mlflow.phases.builtin_encoder import build

        meta = {"phase": "pretrain", "tasks": [text.name, bitext.name], "run_id": run.id, "builtin": True}
        build(config, source, folder, {**meta, "parents": {}, "config": asdict(config)}, run.log)
        run.log_folder(folder / "checkpoint", "checkpoint")

    return reuse_or_work(
        key,
        work,
        name="builtin",
        description=f"Phase 1: the built-in encoder ({config.layers} layers, width {config.hidden_size}), trained on "
        "the demo world's text in every language by masked language modelling and translation ranking.",
        config=asdict(config),
        inputs=inputs,
        tags={"tasks": "masked_lm,bitext", "selection": "none"},
    )
