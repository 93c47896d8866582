"""One contract for every task type: featurize -> collate -> head -> loss -> decode."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from stilts_mlflow.inference import predict
from stilts_mlflow.model import collation
from stilts_mlflow.task_types.masked_lm import ordinary_ids, units_of
from stilts_mlflow.task_types.task_type import IGNORE, Collation, Limits
from stilts_mlflow.task_types.types import TASK_TYPES
from stilts_mlflow.tasks.examples import (
    BitextExample,
    ChoiceExample,
    Example,
    PairExample,
    QuestionExample,
    TaggingExample,
    TextExample,
)
from tests import tiny

CONTEXT = "the old baker sells warm bread near the river. a young doctor reads nine letters"
EXAMPLES: dict[str, list[Example]] = {
    "classification": [
        PairExample("a", "the old baker sells bread", "a baker sells bread", "yes"),
        PairExample("b", "who paints the green boat", "", "no"),
        PairExample("c", "老面包师在河边卖热面包", "a boat", None),
    ],
    "multiple_choice": [
        ChoiceExample("a", "the baker", "what?", ("bread", "a boat on monday", "nine"), 0),
        ChoiceExample("b", "the doctor reads", "", ("letters", "the river", "green"), None),
    ],
    "tagging": [
        TaggingExample("a", ("the", "old", "baker"), ("D", "A", "N")),
        TaggingExample("b", tuple(CONTEXT.split() * 4), tuple("DANV"[i % 4] for i in range(len(CONTEXT.split()) * 4))),
        TaggingExample("c", ("хлеб", "у"), None),
    ],
    "question_answering": [
        QuestionExample("a", "what does the baker sell?", CONTEXT, ("warm bread",), (CONTEXT.index("warm"),)),
        QuestionExample("b", "who paints?", CONTEXT * 4, (), ()),
        QuestionExample("c", "who reads?", CONTEXT, None, ()),
    ],
    "masked_lm": [TextExample("a", CONTEXT, "en"), TextExample("b", "хлеб", "ru")],
    "sentence_retrieval": [
        BitextExample("a", "der Fluss", "the river", 0),
        BitextExample("b", "warmes Brot", "warm bread", 1),
        BitextExample("c", None, "a boat", -1),
    ],
}
LABELS = {"classification": ("yes", "no"), "tagging": ("D", "A", "N", "V")}
LIMITS = Limits(48, 12)


def featurized(kind: str) -> tuple[Sequence[Example], Sequence[str], list[dict[str, object]]]:
    labels = LABELS.get(kind, ())
    return EXAMPLES[kind], labels, TASK_TYPES[kind].featurize(EXAMPLES[kind], labels, tiny.tokenizer(), LIMITS)


def test_every_type_has_examples_here() -> None:
    assert set(EXAMPLES) == set(TASK_TYPES)


@pytest.mark.parametrize("kind", sorted(TASK_TYPES))
def test_features_name_their_example_and_length(kind: str) -> None:
    examples, _, features = featurized(kind)
    assert features
    for feature in features:
        rows = feature["input_ids"] if isinstance(feature["input_ids"][0], list) else [feature["input_ids"]]  # type: ignore[index]
        assert feature["length"] == max(len(row) for row in rows) <= LIMITS.max_length  # type: ignore[union-attr]
        assert 0 <= feature["example"] < len(examples)  # type: ignore[operator]


@pytest.mark.parametrize("kind", sorted(TASK_TYPES))
def test_loss_is_a_finite_sum_with_gradients(kind: str) -> None:
    _, labels, features = featurized(kind)
    model = tiny.model()
    model.add_head("t", kind, labels)
    batch = TASK_TYPES[kind].collate(
        features, collation(tiny.tokenizer(), len(tiny.tokenizer()), torch.Generator().manual_seed(0))
    )
    loss = TASK_TYPES[kind].loss(model("t", batch), batch)
    assert torch.isfinite(loss.total)
    assert loss.count > 0
    loss.total.backward()
    assert model.encoder.embeddings.word_embeddings.weight.grad.abs().sum() > 0  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", sorted(set(TASK_TYPES) - {"masked_lm", "sentence_retrieval"}))
def test_one_prediction_an_example_whatever_the_batch_size(kind: str) -> None:
    examples, labels, features = featurized(kind)
    model = tiny.model()
    model.add_head("t", kind, labels)
    big = predict(model, "t", examples, features, tiny.tokenizer(), 64)
    small = predict(model, "t", examples, features, tiny.tokenizer(), 1)
    assert len(big) == len(examples)
    assert [p.value for p in big] == [p.value for p in small]
    assert all(0 <= p.confidence <= 1 for p in big)


@pytest.mark.parametrize("kind", sorted(TASK_TYPES))
def test_no_examples_give_no_features(kind: str) -> None:
    assert TASK_TYPES[kind].featurize([], (), tiny.tokenizer(), LIMITS) == []


def test_tags_come_back_in_words_for_split_sentences() -> None:
    examples, labels, features = featurized("tagging")
    model = tiny.model()
    model.add_head("t", "tagging", labels)
    predictions = predict(model, "t", examples, features, tiny.tokenizer(), 2)
    assert [len(p.value) for p in predictions] == [len(e.words) for e in examples]  # type: ignore[union-attr]
    assert len([f for f in features if f["example"] == 1]) > 1


def test_a_word_without_pieces_is_the_unknown_token() -> None:
    example = TaggingExample("a", ("\u200b", "bread", ""), ("D", "N", "V"))
    feature = TASK_TYPES["tagging"].featurize([example], LABELS["tagging"], tiny.tokenizer(), LIMITS)[0]
    assert feature["input_ids"].count(tiny.tokenizer().unk_token_id) >= 1
    assert len(feature["starts"]) == 3


def test_tagging_loss_counts_each_labelled_word_once() -> None:
    examples, labels, features = featurized("tagging")
    kind = TASK_TYPES["tagging"]
    batch = kind.collate(features, collation(tiny.tokenizer(), len(tiny.tokenizer())))
    model = tiny.model()
    model.add_head("t", "tagging", labels)
    words = sum(len(e.words) for e in examples if e.tags is not None)  # type: ignore[union-attr]
    assert int(kind.loss(model("t", batch), batch).count) == words


def test_an_unseen_tag_is_ignored_in_the_loss_and_kept_as_reference() -> None:
    example = TaggingExample("a", ("the", "boat"), ("D", "NEW"))
    kind = TASK_TYPES["tagging"]
    feature = kind.featurize([example], LABELS["tagging"], tiny.tokenizer(), LIMITS)[0]
    assert feature["tags"] == [0, IGNORE]
    assert kind.reference(example) == ("D", "NEW")


def test_gold_span_cuts_the_answer_out_of_the_context() -> None:
    for answer in ("warm bread", "the", "river", "nine letters", "old baker sells warm"):
        example = QuestionExample("q", "what?", CONTEXT, (answer,), (CONTEXT.index(answer),))
        features = TASK_TYPES["question_answering"].featurize([example], (), tiny.tokenizer(), LIMITS)
        holding = [f for f in features if (f["start"], f["end"]) != (0, 0)]
        assert holding, answer
        for feature in holding:
            first, last = feature["offsets"][feature["start"]], feature["offsets"][feature["end"]]
            assert CONTEXT[first[0] : last[1]].strip() == answer


def test_windows_cover_the_whole_context() -> None:
    example = QuestionExample("q", "who?", CONTEXT * 4, None, ())
    features = TASK_TYPES["question_answering"].featurize([example], (), tiny.tokenizer(), LIMITS)
    covered = {i for f in features for span in f["offsets"] if span for i in range(*span)}
    missing = [c for i, c in enumerate(example.context) if i not in covered and not c.isspace()]
    assert not missing


def test_the_span_with_the_best_scores_is_the_answer() -> None:
    example = QuestionExample("q", "what?", CONTEXT, ("warm bread",), (CONTEXT.index("warm"),))
    kind = TASK_TYPES["question_answering"]
    feature = kind.featurize([example], (), tiny.tokenizer(), LIMITS)[0]
    logits = torch.zeros(len(feature["input_ids"]) + 5, 2)
    logits[feature["start"], 0] = logits[feature["end"], 1] = 9.0
    logits[-1] = 99.0  # padding behind the sequence must not count
    logits[0] = 50.0  # neither must the sentence token
    assert kind.decode([example], [feature], [{"logits": logits}], ())[0].value == "warm bread"


def test_choices_of_different_number_are_refused() -> None:
    rows = [ChoiceExample("a", "x", "", ("1", "2"), 0), ChoiceExample("b", "x", "", ("1", "2", "3"), 0)]
    with pytest.raises(ValueError, match="one number"):
        TASK_TYPES["multiple_choice"].featurize(rows, (), tiny.tokenizer(), LIMITS)


def test_masking_follows_the_rates_and_spares_specials() -> None:
    kind, tokenizer = TASK_TYPES["masked_lm"], tiny.tokenizer()
    features = kind.featurize([TextExample(str(i), CONTEXT, "en") for i in range(600)], (), tokenizer, LIMITS)
    batch = kind.collate(features, collation(tokenizer, len(tokenizer), torch.Generator().manual_seed(1)))
    chosen = batch["labels"] != IGNORE
    ordinary = batch["attention_mask"].sum() - 2 * len(features)
    assert abs(float(chosen.sum() / ordinary) - 0.15) < 0.01
    masked = (batch["input_ids"] == tokenizer.mask_token_id) & chosen
    assert abs(float(masked.sum() / chosen.sum()) - 0.8) < 0.03
    specials = torch.tensor(tokenizer.all_special_ids)
    assert not torch.isin(batch["labels"][chosen], specials).any()
    again = kind.collate(features, collation(tokenizer, len(tokenizer), torch.Generator().manual_seed(1)))
    assert torch.equal(batch["input_ids"], again["input_ids"])
    assert not torch.isin(batch["input_ids"][chosen & ~masked], specials).any()


def test_words_are_masked_whole_and_long_runs_piece_by_piece() -> None:
    kind, tokenizer = TASK_TYPES["masked_lm"], tiny.tokenizer()
    line = "the rivers warmth " + "qwertyuiop" * 2  # 1, 2, 3 and 19 sub-words
    features = kind.featurize([TextExample(str(i), line, "en") for i in range(400)], (), tokenizer, LIMITS)
    assert features[0]["units"] == [0, 1, 2, 2, 4, 4, 4, *range(7, len(features[0]["input_ids"]))]
    batch = kind.collate(features, collation(tokenizer, len(tokenizer), torch.Generator().manual_seed(1)))
    chosen = batch["labels"] != IGNORE
    assert torch.equal(chosen[:, 2], chosen[:, 3])
    assert torch.equal(chosen[:, 4], chosen[:, 6])
    assert not torch.equal(chosen[:, 7], chosen[:, 8])
    masked = batch["input_ids"] == tokenizer.mask_token_id
    assert not torch.equal(masked[:, 2], masked[:, 3]), "what becomes of a sub-word is drawn for itself"


def test_units_of_words() -> None:
    assert units_of([None, 0, 0, 1, None]) == [0, 1, 1, 3, 4]
    assert units_of([0] * 7) == list(range(7))
    assert units_of([0] * 6) == [0] * 6


def test_random_ids_reach_every_ordinary_token_and_no_special_one() -> None:
    rows = Collation(pad_id=1, mask_id=4, special_ids=frozenset({0, 1, 4, 9, 99}), vocabulary=10)
    rows = replace(rows, generator=torch.Generator().manual_seed(0))
    assert set(ordinary_ids(torch.Size([500]), rows).tolist()) == {2, 3, 5, 6, 7, 8}


def test_unseen_tags_are_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    from stilts_mlflow.task_types.tagging import warn_of_unseen

    sentences = [TaggingExample("a", ("She", "sells", "bread"), ("N", "V", "N")), TaggingExample("b", ("No",), None)]
    assert warn_of_unseen(sentences, ("N", "V")) == 0
    assert not caplog.records
    assert warn_of_unseen(sentences, ("V",)) == 2
    assert "2 of 4 words have one of 1 tags that the training data do not have (N ...)" in caplog.text


@pytest.mark.parametrize("length", [16, 24, 64])
def test_a_long_question_leaves_room_for_the_context(length: int) -> None:
    example = QuestionExample("q", "who sells what? " * 40, CONTEXT, ("bread",), (CONTEXT.index("bread"),))
    found = TASK_TYPES["question_answering"].featurize([example], (), tiny.tokenizer(), Limits(length, 128))
    assert max(len(feature["input_ids"]) for feature in found) <= length
    assert any((feature["start"], feature["end"]) != (0, 0) for feature in found)
