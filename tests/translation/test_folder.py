"""Translated training sets on disk: written in blocks, resumed, read back."""

import json
from pathlib import Path

import pytest

from stilts_mlflow.errors import InputError
from stilts_mlflow.tasks.examples import ChoiceExample, Example, PairExample, QuestionExample
from stilts_mlflow.tasks.tables import TASKS
from stilts_mlflow.translation import folder
from stilts_mlflow.translation.examples import Line

EXAMPLES: dict[str, list[Example]] = {
    "mnli": [PairExample("a", "Sie\u2028kam.", 'Er "sah"\tsie.\n', "neutral"), PairExample("b", "x", "", "entailment")],
    "hellaswag": [ChoiceExample("c", "Sie", "", ("rennt.", "sitzt."), 1)],
    "squad_v1": [
        QuestionExample("q", "Wer?", "Anna kam.", ("Anna",), (0,)),
        QuestionExample("r", "Wo?", "Da.", (), ()),
    ],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "de.jsonl"
    lines = [Line(example.id, "kept", example) for example in EXAMPLES[name]]
    folder.append(path, lines)
    folder.append(path, [Line("lost", "lost"), Line("empty", "empty")])
    assert folder.read(path, TASKS[name]) == tuple(EXAMPLES[name])
    assert folder.outcomes(path) == {"kept": len(lines), "lost": 1, "empty": 1}
    assert folder.file_of(tmp_path, TASKS[name], "de") == path
    assert folder.languages_in(tmp_path, TASKS[name]) == {"de"}


def test_xnli_takes_the_translations_of_the_task_it_trains_on(tmp_path: Path) -> None:
    folder.append(tmp_path / "mnli" / "de.jsonl", [])
    assert folder.file_of(tmp_path, TASKS["xnli"], "de") == tmp_path / "mnli" / "de.jsonl"
    assert folder.file_of(tmp_path, TASKS["hellaswag"], "de") is None


@pytest.mark.parametrize(
    ("whole", "rest", "done"), [(0, "", 0), (3, "", 2), (4, '{"id": "x', 4), (1, "", 0), (5, "", 5)]
)
def test_an_interrupted_file_goes_on_behind_its_last_whole_block(
    tmp_path: Path, whole: int, rest: str, done: int
) -> None:
    path = tmp_path / "mnli" / "de.jsonl"
    lines = [Line(str(i), "kept", PairExample(str(i), "a\r\x85", "b", None)) for i in range(5)]
    folder.append(path, lines[:whole])
    with path.open("a") as file:
        file.write(rest)
    assert folder.resume(path, 2, 5) == done
    folder.append(path, lines[done:])
    assert path.read_text(encoding="utf-8") == "".join(map(folder.text_of, lines))
    assert folder.resume(tmp_path / "nothing.jsonl", 2, 5) == 0


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("mnli", {"id": "a", "text_a": "x", "text_b": "y", "label": "perhaps"}, "label 'perhaps' is not one of"),
        ("mnli", {"id": "a"}, "text_a"),
        (
            "squad_v1",
            {"id": "a", "question": "?", "context": "b", "answers": ["c"], "answer_starts": [0]},
            "'c' is not at",
        ),
        ("squad_v1", ["a"], "get"),
    ],
)
def test_bad_lines_say_where(tmp_path: Path, name: str, row: object, expected: str) -> None:
    path = tmp_path / "de.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=rf"de.jsonl:1: not a translated \w+ example .*{expected}"):
        folder.read(path, TASKS[name])


def test_lines_that_are_no_json(tmp_path: Path) -> None:
    (tmp_path / "de.jsonl").write_text("nothing\n")
    with pytest.raises(InputError, match=r"de.jsonl:1: not a"):
        folder.read(tmp_path / "de.jsonl", TASKS["mnli"])
