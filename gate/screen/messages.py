"""What the page's script and the gate say to each other: JSON on loopback."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from contracts.words import Method, Outcome, Reason
from gate.screen.stage import Answer, Board, Place
from gate.screen.words import (
    CONDITIONS,
    PROMPTS,
    Condition,
    Line,
    Prompt,
    Saying,
    Shape,
    Words,
    shape_of,
    words_for,
)


@dataclass(frozen=True, slots=True)
class Look:
    """How the page looks: as a mirror or not, which ways besides the face it offers, and the corners of the capture
    zone as shares of the picture's width and height; none where a face counts everywhere."""

    mirror: bool = True
    pin: bool = True
    code: bool = True
    zone: tuple[tuple[float, float], ...] = ()


class PageText(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(frozen=True)

    zh: Saying
    en: Saying

    @classmethod
    def of(cls, words: Words) -> "PageText":
        return cls(zh=words.zh, en=words.en)


class PageAnswer(BaseModel):
    """One answer; `number` tells a repeat from a new one, `age_ms` how long it has stood."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    reason: Reason | None
    method: Method
    shape: Shape
    text: PageText
    number: int = 0
    age_ms: int = 0

    @classmethod
    def of(cls, answer: Answer, number: int = 0, age_s: float = 0.0) -> "PageAnswer":
        return cls(
            outcome=answer.outcome,
            reason=answer.reason,
            method=answer.method,
            shape=shape_of(answer.outcome),
            text=PageText.of(words_for(answer.outcome, answer.reason)),
            number=number,
            age_ms=round(age_s * 1000),
        )


class PageCondition(BaseModel):
    """Something that is the matter with the gate."""

    model_config = ConfigDict(frozen=True)

    code: Condition
    text: PageText


class PagePrompt(BaseModel):
    """What people before the camera are asked to do."""

    model_config = ConfigDict(frozen=True)

    code: Prompt
    text: Line


class PageBoard(BaseModel):
    """Everything the page shows apart from the picture."""

    model_config = ConfigDict(frozen=True)

    answer: PageAnswer | None
    conditions: list[PageCondition]
    prompt: PagePrompt
    place: Place
    look: Look

    @classmethod
    def of(cls, board: Board, age_s: float, look: Look) -> "PageBoard":
        return cls(
            answer=PageAnswer.of(board.answer, board.answers, age_s) if board.answer else None,
            conditions=[
                PageCondition(code=code, text=PageText.of(CONDITIONS[code]))
                for code in Condition
                if code in board.conditions
            ],
            prompt=PagePrompt(code=board.prompt, text=PROMPTS[board.prompt]),
            place=board.place,
            look=look,
        )


class TypedPin(BaseModel):
    """What was typed: a room and a PIN, or a visitor's eight digits without a room."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    room: str = Field(default="", max_length=32, repr=False)
    pin: SecretStr = Field(min_length=4, max_length=12)
