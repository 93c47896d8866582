"""Sentence retrieval with an encoder as it is: no head, no training.

python -m entry_points.retrieve --model runs:/<intermediate run>/checkpoint --tasks tatoeba
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from stilts_mlflow import tracking
from stilts_mlflow.benchmark import spelled_out
from stilts_mlflow.data.load import load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.phases.encoder import Encoder, find_encoder
from stilts_mlflow.phases.evaluate import averages, languages_of
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.phases.work import data_key, inputs_of, key_config, reuse_or_work, source_of
from stilts_mlflow.scores import Score
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.tasks.task import pick

MAX_LENGTH = 128


def retrieve(config: RetrieveConfig) -> str:
    """Score retrieval in every language; returns the run id. Every layer is logged with the layer as step."""
    tracking.connect(config.experiment)
    source = source_of(config)
    tasks = pick(TASKS, spelled_out(config.tasks, TASKS, retrieval=True))
    wanted = {task.name: languages_of(task, config.languages, config.split, source) for task in tasks}
    if not any(wanted.values()):
        raise InputError(f"languages={config.languages!r}: none of {', '.join(wanted)} has data in them")
    inputs = inputs_of([(TASKS[name], config.split, code) for name, codes in wanted.items() for code in codes], source)
    encoder = find_encoder(config.model, config)
    names = ",".join(task.name for task in tasks)
    options = key_config(config, tasks=names, languages=wanted, batch_size=None)
    key = tracking.RunKey("retrieve", options, encoder.parents, data_key(inputs), tracking.code_version())

    def work(run: tracking.Run, folder: Path) -> None:
        scores = score_pools(config, encoder, wanted, run, folder)
        run.log_scores(scores)
        run.log(averages(scores))

    return reuse_or_work(
        key,
        work,
        name=names,
        description=f"Sentence retrieval with {encoder.uri} as it is, {config.pooling} pooling "
        f"({config.split}, {config.data} data): the index is the foreign side, the queries are English.",
        config=asdict(config) | {"tasks": names},
        inputs=inputs,
        tags={"tasks": names, "selection": "none", "model": encoder.uri, "parent.model": encoder.identity},
    )


def score_pools(
    config: RetrieveConfig, encoder: Encoder, wanted: dict[str, tuple[str, ...]], run: tracking.Run, folder: Path
) -> list[Score]:
    """Scores at the headline layer; neighbours of it go to `predictions/<task>.parquet`."""
    import pandas

    from stilts_mlflow import checkpoint, retrieval
    from stilts_mlflow.optimization import make_accelerator
    from stilts_mlflow.task_types.task_type import Limits

    start = checkpoint.start_from(encoder.place)
    start.model.to(make_accelerator("auto", several_heads=False).device)
    limits = Limits(min(MAX_LENGTH, start.model.longest))
    size = config.batch_size or 64
    scores, layers = [], {}
    for name, languages in wanted.items():
        rows: list[dict[str, Any]] = []
        for language in languages:
            pools = retrieval.pools(load_examples(TASKS[name], config.split, language, source_of(config)))
            vectors = [
                retrieval.sentence_vectors(
                    start.model, start.tokenizer, side, limits, size, config.pooling, f"{name}/{language}"
                )
                for side in (pools.foreign, pools.english)
            ]
            found = retrieval.search(vectors[0], vectors[1])
            headline = headline_layer(config.layer, len(found))
            layers[name, language] = [retrieval.accuracies(one, pools.gold) for one in found]
            values = layers[name, language][headline]
            count = int((pools.gold >= 0).sum())
            scores += [Score(run.id, name, language, config.split, metric, v, count) for metric, v in values.items()]
            rows += neighbour_rows(name, language, config.split, found[headline], pools)
        path = folder / f"{name}.parquet"
        pandas.DataFrame(rows).to_parquet(path, index=False)
        run.log_file(path, "predictions")
    log_layers(run, layers)
    return scores


def headline_layer(layer: int | None, count: int) -> int:
    """The layer asked for; the last one when none is."""
    if layer is not None and layer >= count:
        raise InputError(f"layer={layer}: the encoder has layers 0 (embeddings) to {count - 1}")
    return count - 1 if layer is None else layer


def neighbour_rows(task: str, language: str, split: str, found: Any, pools: Any) -> list[dict[str, Any]]:
    """One row an English sentence that has a translation in the pool."""
    head = {"task": task, "language": language, "split": split, "layer": found.layer}
    return [
        {**head, "id": str(i), "prediction": int(near), "reference": int(gold), "similarity": round(float(cosine), 6)}
        for i, (near, gold, cosine) in enumerate(zip(found.to_foreign, pools.gold, found.similarity, strict=True))
        if gold >= 0
    ]


def log_layers(run: tracking.Run, layers: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """`layers/<task>/<metric>/<language>` and their mean over languages, with the layer as step."""
    for layer in range(max(len(values) for values in layers.values())):
        metrics: dict[str, float] = {}
        sums: dict[str, list[float]] = {}
        for (task, language), values in layers.items():
            for metric, value in values[layer].items():
                metrics[f"layers/{task}/{metric}/{language}"] = value
                sums.setdefault(f"layers_mean/{task}/{metric}", []).append(value)
        run.log(metrics | {name: sum(values) / len(values) for name, values in sums.items()}, layer)
