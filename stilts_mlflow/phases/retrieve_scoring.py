"""The heavy half of `retrieve`: encode the pools of a task once, score every layer, log curves and tables."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stilts_mlflow import checkpoint, tracking
from stilts_mlflow.data.load import load_examples
from stilts_mlflow.optimization import make_accelerator
from stilts_mlflow.phases.retrieve import Plan
from stilts_mlflow.phases.retrieve_config import RetrieveConfig
from stilts_mlflow.phases.work import source_of
from stilts_mlflow.report.layer_curves import draw
from stilts_mlflow.retrieval import mining, pools, ranking, search
from stilts_mlflow.retrieval.encoding import Encoding
from stilts_mlflow.scores import Score
from stilts_mlflow.tasks.examples import Example

BEST_LAYER = "mining_f1_best_layer"
Values = dict[str, float]
Rows = list[dict[str, Any]]


@dataclass
class Result:
    """One language: points by layer and metric, number of items, the table of the headline layer.

    `dev`: F1 on the development set by layer, the threshold tuned on that set. `chance`: what guessing gives.
    """

    language: str
    count: int
    layers: dict[int, Values]
    rows: Rows
    dev: dict[int, float] = field(default_factory=dict)
    chance: Values = field(default_factory=dict)


def score_plans(
    plans: Sequence[Plan], config: RetrieveConfig, place: Path | str, run: tracking.Run, folder: Path
) -> list[Score]:
    """Scores at the headline layer of every task; tables, curves, layers and the protocol go to the run."""
    start = checkpoint.start_from(place)
    start.model.to(make_accelerator("auto", several_heads=False).device)
    scores: list[Score] = []
    guesses: Rows = []
    for plan in plans:
        encoding = Encoding.of(start.model, start.tokenizer, plan.setting, config.batch_size or 64, folder)
        run.set_tags(
            {f"protocol.{plan.task.name}": plan.setting.text, f"protocol_hash.{plan.task.name}": encoding.hash}
        )
        results = SCORERS[plan.task.metrics[0]](plan, config, encoding if config.layers == "all" else encoding.alone())
        scores += log_results(plan, config.split, encoding.headline, results, run, folder)
        guesses += [
            {"task": plan.task.name, "metric": metric, "language": result.language, "value": value}
            for result in results
            for metric, value in result.chance.items()
        ]
    run.log_text(json.dumps(guesses), "chance.json")
    return scores


def examples_of(plan: Plan, split: str, language: str, config: RetrieveConfig) -> list[Example]:
    """Examples of one language."""
    return load_examples(plan.task, split, language, source_of(config))


def score_search(plan: Plan, config: RetrieveConfig, encoding: Encoding) -> list[Result]:
    """Tatoeba: the nearest neighbours of both directions."""
    results = []
    for language in plan.languages:
        both = pools.search_pools(examples_of(plan, config.split, language, config))
        title, gold = f"{plan.task.name}/{language}", both.gold
        head = {"task": plan.task.name, "language": language, "split": config.split, "layer": encoding.headline}
        result = Result(language, int((gold >= 0).sum()), {}, [])
        result.chance = {"accuracy": 100 / len(both.foreign), "accuracy_to_english": 100 / len(both.english)}
        with encoding.encoded(both.foreign, title) as foreign, encoding.encoded(both.english, title) as english:
            for place, layer in enumerate(encoding.layers):
                sides = encoding.centred(foreign[place]), encoding.centred(english[place])
                found = search.search(*sides, plan.setting.k, plan.setting.margin)
                result.layers[layer] = search.accuracies(found, gold)
                if layer == encoding.headline:
                    result.rows = [
                        {**head, "id": str(i), "prediction": int(near), "reference": int(right), "similarity": score}
                        for i, (near, right, score) in enumerate(zip(found.to_foreign, gold, found.scores, strict=True))
                        if right >= 0
                    ]
        results.append(result)
    return results


def score_mining(plan: Plan, config: RetrieveConfig, encoding: Encoding) -> list[Result]:
    """BUCC: thresholds of every layer from dev, then the pairs of the split."""
    results = []
    for language in plan.languages:
        thresholds: dict[int, float] = {}
        dev: dict[int, float] = {}
        if plan.tuned:
            both = pools.mining_pools(examples_of(plan, "dev", language, config))
            for layer, found in mined_by_layer(both, plan, encoding, f"{plan.task.name}/{language}/dev"):
                thresholds[layer] = mining.best_threshold(found, both.gold)
                dev[layer] = mining.mining_scores(found, both.gold, None)["oracle_mining_f1"]
        both = pools.mining_pools(examples_of(plan, config.split, language, config))
        result = Result(language, len(both.gold), {}, [], dev)
        for layer, found in mined_by_layer(both, plan, encoding, f"{plan.task.name}/{language}"):
            result.layers[layer] = mining.mining_scores(found, both.gold, thresholds.get(layer))
            if layer == encoding.headline:
                used = thresholds[layer] if plan.tuned else mining.best_threshold(found, both.gold)
                head = {"task": plan.task.name, "language": language, "split": config.split, "layer": layer}
                result.rows = mined_rows(head, found, both.gold, used)
        results.append(result)
    return results


def mined_by_layer(both: pools.MiningPools, plan: Plan, encoding: Encoding, title: str) -> Any:
    """Layer and scores of the mined pairs by ids, one layer after the other."""
    with encoding.encoded(both.foreign.texts, title) as foreign, encoding.encoded(both.english.texts, title) as english:
        for place, layer in enumerate(encoding.layers):
            sides = encoding.centred(foreign[place]), encoding.centred(english[place])
            yield layer, mining.by_ids(mining.mine(*sides, plan.setting.k, plan.setting.margin), both)


def mined_rows(
    head: dict[str, Any], found: dict[mining.IdPair, float], gold: frozenset[mining.IdPair], threshold: float
) -> Rows:
    """One row a mined pair, best first, then the gold pairs that were not; `prediction`: it passes the threshold."""
    rows = [(pair, score, score >= threshold) for pair, score in found.items()]
    rows += [(pair, float("nan"), False) for pair in sorted(gold - set(found))]
    return [
        {**head, "id": " ".join(pair), "prediction": int(taken), "reference": int(pair in gold), "similarity": score}
        | {"threshold": threshold}
        for pair, score, taken in rows
    ]


def score_ranking(plan: Plan, config: RetrieveConfig, encoding: Encoding) -> list[Result]:
    """LAReQA, Mewsli-X: queries of one language after the other against the candidates of all."""
    from stilts_mlflow.rankings import expected_average_precision

    loaded = {code: examples_of(plan, config.split, code, config) for code in plan.pool}
    candidates = pools.candidates_of(list(loaded.values()))
    texts = [c.text + c.context.replace("\n", "") * plan.setting.with_context for c in candidates]
    spoken, results = [candidate.language for candidate in candidates], []
    with encoding.encoded(texts, f"{plan.task.name}/candidates", encoding.lengths[1]) as pool:
        for language in plan.languages:
            where = f"{plan.task.name}/{language}/{config.split}"
            asked = pools.ranking_pools(loaded[language], candidates, where, capped=config.max_examples > 0)
            guesses = [100 * expected_average_precision(len(right), len(candidates)) for right in asked.right]
            result = Result(language, len(asked.queries), {}, [], chance={"map_at_20": sum(guesses) / len(guesses)})
            with encoding.encoded([query.text for query in asked.queries], where) as queries:
                for place, layer in enumerate(encoding.layers):
                    sides = encoding.centred(queries[place]), encoding.centred(pool[place], spoken)
                    ranked = ranking.rank(*sides, plan.setting.k, plan.setting.margin)
                    values = ranking.precisions(ranked, asked.right)
                    result.layers[layer] = {"map_at_20": sum(values) / len(values)}
                    if layer == encoding.headline:
                        head = {"task": plan.task.name, "language": language, "split": config.split, "layer": layer}
                        result.rows = ranked_rows(head, asked, ranked.tolist(), values)
            results.append(result)
    return results


def ranked_rows(
    head: dict[str, Any], asked: pools.RankingPools, ranked: Sequence[Sequence[int]], values: Sequence[float]
) -> Rows:
    """One row a query: ids of its first 20 candidates and of the right ones (JSON), and AP@20 in points."""

    def names(places: Sequence[int]) -> str:
        return json.dumps([asked.candidates[place].id for place in places])

    return [
        {**head, "id": query.id, "prediction": names(found), "reference": names(sorted(right)), "average_precision": ap}
        for query, found, right, ap in zip(asked.queries, ranked, asked.right, values, strict=True)
    ]


SCORERS: dict[str, Callable[[Plan, RetrieveConfig, Encoding], list[Result]]] = {
    "accuracy": score_search,
    "mining_f1": score_mining,
    "map_at_20": score_ranking,
}
"""By the major metric of the task."""


def log_results(
    plan: Plan, split: str, headline: int, results: Sequence[Result], run: tracking.Run, folder: Path
) -> list[Score]:
    """Table, layers and curves of a task; its scores at the headline layer, and at the layer that is best on dev."""
    import pandas

    name, scores = plan.task.name, []
    for result in results:
        values = dict(result.layers[headline])
        if len(result.dev) > 1:
            best = max(result.dev, key=lambda layer: (result.dev[layer], -layer))
            values[BEST_LAYER] = result.layers[best]["mining_f1"]
            run.set_tags({f"best_layer.{name}.{result.language}": str(best)})
        scores += [Score(run.id, name, result.language, split, m, value, result.count) for m, value in values.items()]
    path = folder / f"{name}.parquet"
    pandas.DataFrame([row for result in results for row in result.rows]).to_parquet(path, index=False)
    run.log_file(path, "predictions")
    log_layers(name, results, run)
    metric = next(m for m in (plan.task.metrics[0], "oracle_mining_f1") if m in results[0].layers[headline])
    curves = {r.language: {layer: values[metric] for layer, values in r.layers.items()} for r in results}
    run.log_figure(draw(f"{name}: {metric} by layer ({plan.setting.text})", curves, headline), f"layers/{name}.svg")
    if plan.tuned:
        title = f"{name}: F1 on dev by layer, best layer marked (selection=target-dev)"
        run.log_figure(draw(title, {r.language: r.dev for r in results}, headline, True), f"layers/{name}-dev.svg")
    return scores


def log_layers(name: str, results: Sequence[Result], run: tracking.Run) -> None:
    """`layers/<task>/<metric>/<language>` and their mean over languages, with the layer as step."""
    for layer in results[0].layers:
        metrics: Values = {}
        sums: dict[str, list[float]] = {}
        for result in results:
            own = result.layers[layer] | ({"dev_mining_f1": result.dev[layer]} if layer in result.dev else {})
            for metric, value in own.items():
                metrics[f"layers/{name}/{metric}/{result.language}"] = value
                sums.setdefault(f"layers_mean/{name}/{metric}", []).append(value)
        run.log(metrics | {key: sum(values) / len(values) for key, values in sums.items()}, layer)
