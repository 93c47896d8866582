"""The table of task types."""

from stilts_mlflow.task_types.classification import CLASSIFICATION
from stilts_mlflow.task_types.masked_lm import MASKED_LM
from stilts_mlflow.task_types.multiple_choice import MULTIPLE_CHOICE
from stilts_mlflow.task_types.question_answering import QUESTION_ANSWERING
from stilts_mlflow.task_types.sentence_retrieval import SENTENCE_RETRIEVAL
from stilts_mlflow.task_types.tagging import TAGGING
from stilts_mlflow.task_types.task_type import TaskType

TASK_TYPES: dict[str, TaskType] = {
    kind.name: kind
    for kind in (CLASSIFICATION, MULTIPLE_CHOICE, TAGGING, QUESTION_ANSWERING, MASKED_LM, SENTENCE_RETRIEVAL)
}
