"""The measurement of ingest itself: small, and with every passage accounted for."""

import json

import pytest
from typer.testing import CliRunner

from kaimen.cli import app

pytestmark = pytest.mark.real


@pytest.mark.promise(2)
def test_every_passage_of_the_gates_journals_is_in_each_database_and_batches_beat_one_commit_a_message() -> (
    None
):
    told = CliRunner().invoke(app, ["bench", "ingest", "--passages", "1600", "--naive", "80", "--json"])
    assert told.exit_code == 0, told.output
    measured = json.loads(told.stdout.splitlines()[-1])
    assert set(measured) == {"sqlite", "postgresql"}
    for rate in measured.values():
        assert rate["lost"] == rate["with_gates"]["lost"] == 0
        assert rate["per_s"] > rate["naive_per_s"] > 0
        assert rate["ratio"] >= 3
        ends = {end: rate["with_gates"][f"{end}_cpu_us"] for end in ("gates", "broker", "ingest")}
        assert min(ends.values()) > 0
        assert ends[rate["with_gates"]["limit"]] == max(ends.values())
        assert rate["with_gates"]["per_s"] > 0
