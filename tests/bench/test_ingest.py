"""The measurement of ingest itself: small, and with every passage accounted for."""

import json

import pytest
from typer.testing import CliRunner

from kaimen.cli import app

pytestmark = pytest.mark.real


@pytest.mark.promise(2)
def test_every_passage_is_in_the_database_and_batches_beat_one_commit_a_message() -> None:
    told = CliRunner().invoke(app, ["bench", "ingest", "--passages", "800", "--naive", "80", "--json"])
    assert told.exit_code == 0, told.output
    measured = json.loads(told.stdout.splitlines()[-1])
    for kind, rate in measured.items():
        assert kind in ("sqlite", "postgresql")
        assert rate["lost"] == 0
        assert rate["per_s"] > rate["naive_per_s"] > 0
