"""SQuAD v2.0: the official formulas on small cases worked out by hand, and a head that may give no answer."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stilts_mlflow import checkpoint
from stilts_mlflow.answers import best_threshold
from stilts_mlflow.chance import chance
from stilts_mlflow.data.load import DataSource, load_examples
from stilts_mlflow.errors import InputError
from stilts_mlflow.evaluation import evaluate_task
from stilts_mlflow.inference import predict
from stilts_mlflow.metrics import compute, per_example
from stilts_mlflow.phases.builtin_encoder import train_tokenizer
from stilts_mlflow.phases.config import IntermediateConfig
from stilts_mlflow.phases.encoder import Encoder
from stilts_mlflow.phases.fit import fit
from stilts_mlflow.phases.limits import limits_of
from stilts_mlflow.phases.resolve import resolve
from stilts_mlflow.scores import Score, headline_metrics
from stilts_mlflow.task_types.question_answering import tuned_threshold, with_no_answers
from stilts_mlflow.task_types.task_type import Limits, Prediction
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import Example, QuestionExample
from stilts_mlflow.tasks.tables import TASKS
from tests import tiny

V2 = TASKS["squad_v2"].metrics


@pytest.mark.parametrize(
    ("prediction", "references", "f1", "exact"),
    [
        ("", (), 100, 100),  # right: there is none
        ("bread", (), 0, 0),  # an answer where there is none
        ("", ("bread",), 0, 0),  # none where there is one
        # One common word of two and of one: P = 1/2, R = 1, F1 = 2/3.
        ("warm bread", ("bread",), 200 / 3, 0),
        # The reference "The" is nothing after normalisation: it goes, and with no other one the question has none.
        ("", ("The",), 100, 100),
        ("an", ("The",), 100, 100),  # nothing is left of the prediction either
        ("bread", ("The",), 0, 0),
        ("", ("The", "bread"), 0, 0),
    ],
)
def test_a_question_by_the_official_rules(
    prediction: str, references: tuple[str, ...], f1: float, exact: float
) -> None:
    found = compute(("v2_f1", "v2_exact_match"), [prediction], [references], "en")
    assert found == {"v2_f1": pytest.approx(f1), "v2_exact_match": exact}


def test_squad_v1_keeps_references_that_normalise_to_nothing() -> None:
    assert compute(("f1", "exact_match"), ["an"], [("The",)], "en") == {"f1": 0, "exact_match": 100}


def test_totals_and_the_two_halves() -> None:
    predictions = ["bread", "warm bread", "", "", "letters"]
    references = [("bread",), ("bread",), ("bread",), (), ()]
    # F1: 1, 2/3, 0 with an answer, 1, 0 without; exact: 1, 0, 0 and 1, 0.
    found = compute(V2, predictions, references, "en")
    assert found == {
        "v2_f1": pytest.approx(100 * (1 + 2 / 3 + 0 + 1 + 0) / 5),
        "v2_exact_match": 40,
        "has_answer_f1": pytest.approx(100 * (1 + 2 / 3) / 3),
        "has_answer_exact_match": pytest.approx(100 / 3),
        "no_answer_f1": 50,
    }


def test_a_half_without_questions_has_no_value() -> None:
    assert set(compute(V2, ["bread"], [("bread",)], "en")) == set(V2) - {"no_answer_f1"}
    assert set(compute(V2, [""], [()], "en")) == {"v2_f1", "v2_exact_match", "no_answer_f1"}
    with pytest.raises(InputError, match="no value for a single example"):
        per_example("no_answer_f1", [""], [()], "en")


def test_scores_are_headed_by_the_pair_of_all_questions() -> None:
    scores = [Score("r", "squad_v2", "en", "dev", name, 50.0, 4) for name in V2]
    assert headline_metrics(scores, "squad_v2") == ("v2_exact_match", "v2_f1")


def test_chance_of_the_halves() -> None:
    references, contexts = [("Paris",), ()], ["Paris is big", "a b"]
    level = 100 * (1 + 2 / 3 + 1 / 2) / 6
    assert chance("has_answer_f1", references, contexts=contexts) == pytest.approx(level)
    assert chance("v2_f1", references, contexts=contexts) == pytest.approx(level / 2)
    assert chance("no_answer_f1", references, contexts=contexts) == 0
    assert chance("no_answer_f1", [("Paris",)], contexts=contexts[:1]) == 0


def test_the_best_threshold_by_hand() -> None:
    # Start: everything unanswered, 2 of 5 right. By gap: -4 answerable, F1 80 -> 280; -2 without -> 180; 0 answerable,
    # 100 -> 280; 1 answerable, 60 -> 340, the best; 3 without -> 240.
    gaps, f1s = [1.0, -4.0, 3.0, 0.0, -2.0], [60.0, 80.0, 0.0, 100.0, 0.0]
    answerable = [True, True, False, True, False]
    assert best_threshold(gaps, f1s, answerable) == (68.0, 1.0)


def test_no_threshold_is_better_than_never_answering() -> None:
    assert best_threshold([0.5, 2.0], [0.0, 0.0], [False, True]) == (50.0, -0.5)
    with pytest.raises(InputError, match="no examples"):
        best_threshold([], [], [])


questions = st.lists(
    st.tuples(st.integers(-50, 50), st.floats(0, 100), st.booleans()), min_size=1, max_size=12, unique_by=lambda q: q[0]
)


@settings(max_examples=60, deadline=None)
@given(questions)
def test_the_best_threshold_gives_its_score_and_no_other_one_more(found: list[tuple[int, float, bool]]) -> None:
    def score(threshold: float) -> float:
        return math.fsum(100.0 * (not has) if gap > threshold else f1 * has for gap, f1, has in found) / len(found)

    gaps, f1s, answerable = ([float(each[i]) for each in found] for i in range(3))
    best, threshold = best_threshold(gaps, f1s, [bool(has) for has in answerable])
    assert score(threshold) == pytest.approx(best)
    assert best >= max(score(gap) for gap in [*gaps, min(gaps) - 1]) - 1e-9


def question(identity: str, answers: tuple[str, ...]) -> QuestionExample:
    context = "the old baker sells warm bread near the river"
    return QuestionExample(identity, "what?", context, answers, tuple(context.index(answer) for answer in answers))


def test_predictions_above_the_threshold_are_no_answers() -> None:
    spans = [Prediction("bread", 0.9, {"null_gap": -2.0}), Prediction("river", 0.2, {"null_gap": 1.5})]
    found = with_no_answers(spans, 0.0)
    assert [one.value for one in found] == ["bread", ""]
    assert [one.details["span"] for one in found] == ["bread", "river"]
    assert found[1].confidence == pytest.approx(0.8)
    assert tuned_threshold([question("a", ("warm bread",)), question("b", ())], spans) == -2.0


def test_only_a_head_with_a_threshold_gives_no_answer() -> None:
    kind = TASK_TYPES["question_answering"]
    examples: list[Example] = [question(str(i), ()) for i in range(3)]
    features = kind.featurize(examples, (), tiny.tokenizer(), Limits(32, 8))
    model = tiny.model()
    model.add_head("squad_v2", kind.name, ())
    always = predict(model, "squad_v2", examples, features, tiny.tokenizer(), 8)
    assert all(one.value for one in always)
    model.thresholds["squad_v2"] = -1e9
    assert [one.value for one in predict(model, "squad_v2", examples, features, tiny.tokenizer(), 8)] == [""] * 3
    model.thresholds["squad_v2"] = 1e9
    assert [one.value for one in predict(model, "squad_v2", examples, features, tiny.tokenizer(), 8)] == [
        one.value for one in always
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squad_v1", "squad_v2"])
def test_the_threshold_goes_from_dev_into_the_checkpoint_and_into_evaluation(tmp_path: Path, name: str) -> None:
    model, task, source = tiny.model(), TASKS[name], DataSource(max_examples=48)
    examples = load_examples(task, "train", "en", source)
    tokenizer = train_tokenizer([f"{e.context} {e.question}" for e in examples], 400)  # type: ignore[union-attr]
    model.encoder.resize_token_embeddings(len(tokenizer))  # type: ignore[operator]
    checkpoint.save(tmp_path / "encoder", model, tokenizer, {"phase": "pretrain", "tasks": [], "parents": {}})
    config = IntermediateConfig(tasks=name, max_steps=6, batch_size=8, max_length=64, max_examples=48, eval_every=3)
    training = resolve(config, [task], Encoder(tmp_path / "encoder", "", "", True), "intermediate")
    meta = {"phase": "intermediate", "tasks": [name]}
    progress = fit(
        tmp_path / "encoder",
        [task],
        source,
        training,
        tmp_path / "state",
        tmp_path / "out",
        meta,
        metrics=lambda metrics, step: None,
    )
    loaded = checkpoint.load(tmp_path / "out")
    head = loaded.meta["heads"][name]
    assert ("no_answer_threshold" in head) == (name == "squad_v2") == (name in loaded.model.thresholds)
    limits = limits_of(loaded.meta, name, task.type, loaded.model.longest)
    (part,) = evaluate_task(loaded.model, loaded.tokenizer, task, ["en"], "dev", source, limits)
    assert part.metrics()[task.metrics[0]] == pytest.approx(progress.best, abs=0.5)
    if name == "squad_v2":
        assert head["no_answer_threshold"] == progress.dev["dev/squad_v2/no_answer_threshold"]
        assert "" in [one.value for one in part.predictions]
    else:
        assert all(one.value for one in part.predictions)
