"""The document of the targets says what the rows say."""

from tests.tasks.documented import PATH, targets


def test_the_document_is_made_from_the_rows() -> None:
    assert PATH.read_text(encoding="utf-8") == targets(), "run python -m tests.tasks.documented"
