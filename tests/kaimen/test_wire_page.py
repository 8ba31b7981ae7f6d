"""docs/mqtt.md says what the classes say."""

from pathlib import Path

from contracts.topics import TOPICS
from kaimen.wire_page import wire_page

PAGE = Path(__file__).parents[2] / "docs" / "mqtt.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == wire_page(), "run `kaimen wire-page`"


def test_every_topic_and_payload_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for topic in TOPICS:
        assert f"`{topic.pattern}`" in page
        assert f"### {topic.payload.__name__}" in page
