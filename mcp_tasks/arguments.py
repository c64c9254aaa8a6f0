"""What the tools take, as a model reads it: each word is paid for with every reply of a call, so there are few."""

from typing import Annotated, Final

from pydantic import AwareDatetime, Field, JsonValue

from mcp_tasks.exactly_once import MAX_OPERATION_ID
from mcp_tasks.wording import MAX_LIST, MAX_NOTES, MAX_TAGS, MAX_TITLE, MAX_WORDS

MAX_ID: Final = 64

# Bounds are told in the schema and held by `wording`, whose errors carry a code and count after trimming.
# What is said of an argument of create_task holds for update_task too, and is not said again.
_TITLE_BOUNDS: Final[dict[str, JsonValue]] = {"minLength": 1, "maxLength": MAX_TITLE}
Title = Annotated[
    str,
    Field(
        description="What to do, short and without the date, as the person said it.",
        json_schema_extra=_TITLE_BOUNDS,
    ),
]
NewTitle = Annotated[str | None, Field(json_schema_extra=_TITLE_BOUNDS)]
Notes = Annotated[
    str,
    Field(description="Details that do not belong in the title.", json_schema_extra={"maxLength": MAX_NOTES}),
]
NewNotes = Annotated[str | None, Field(json_schema_extra={"maxLength": MAX_NOTES})]
DueWords = Annotated[
    str,
    Field(
        description=(
            "The person's own words about when, unchanged: «by Friday», «tomorrow at 5», «every Monday». The server "
            "reads them with the person's clock and answers bad_date with a question when they are unclear; then "
            "ask the person and try again."
        ),
        json_schema_extra={"maxLength": MAX_WORDS},
    ),
]
NewDueWords = Annotated[
    str,
    Field(
        description=(
            "As in create_task, and «a day later», «same time on Friday», «make it 5»: they count from what the task "
            "is due now. «No date» takes the date away, «do not repeat» ends a series, another day moves its next one "
            "alone."
        ),
        json_schema_extra={"maxLength": MAX_WORDS},
    ),
]
DueReading = Annotated[
    str,
    Field(
        description=(
            "Your own reading, ISO, in the person's local time: 2026-11-27 or 2026-11-27T17:00. "
            "The person's words win; where they are not understood, it is offered in the question."
        ),
        json_schema_extra={"maxLength": 40},
    ),
]
NewDueReading = Annotated[str, Field(json_schema_extra={"maxLength": 40})]
ListName = Annotated[
    str,
    Field(description="A list to put it on: «shopping».", json_schema_extra={"maxLength": MAX_LIST}),
]
NewListName = Annotated[str | None, Field(json_schema_extra={"maxLength": MAX_LIST})]
Tags = Annotated[list[str], Field(json_schema_extra={"maxItems": MAX_TAGS})]
NewTags = Annotated[list[str] | None, Field(json_schema_extra={"maxItems": MAX_TAGS})]
ByPhone = Annotated[
    bool, Field(description="Call them on the phone when it is due: only if they ask for that.")
]
NewByPhone = Annotated[bool | None, Field()]
TaskId = Annotated[
    str, Field(description="A task's id, from list_tasks.", json_schema_extra={"maxLength": MAX_ID})
]
OperationId = Annotated[
    str,
    Field(
        description="Names this request for retries: a repeat with the same id has no second effect.",
        json_schema_extra={"maxLength": MAX_OPERATION_ID},
    ),
]
ExpectedVersion = Annotated[
    int | None,
    Field(description="Refuse with `conflict` unless the task still has this version.", ge=1, le=2**31 - 1),
]
ExpectedAt = Annotated[
    AwareDatetime | None,
    Field(
        description="Refuse with `conflict` unless the last change was made then: its `at` in view changed."
    ),
]
