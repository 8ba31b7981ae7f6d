"""The certificates of one box: the authority once, all else at each start, each beside its owner's other keys."""

import io
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from rich.console import Console
from sqlalchemy import create_engine

from kaimen.broker import EmbeddedBroker
from kaimen.install import Installation, Ports
from kaimen.papers import Papers, make_papers, own_address
from kaimen.state import CannotStart, StateFolder
from kaimen.up import welcome

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def leaf(papers: Papers, owner: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates(papers.certificate(owner).read_bytes())[0]


def test_a_second_start_keeps_the_authority_and_renews_the_rest_also_for_another_address(
    tmp_path: Path,
) -> None:
    folder = StateFolder(tmp_path)
    first = make_papers(folder, "192.168.1.10", NOW)
    before = {owner: leaf(first, owner).serial_number for owner in ("web", "broker", "ingest", "dispatch")}
    again = make_papers(folder, "192.168.1.11", NOW + timedelta(days=300))
    assert again.fingerprint == first.fingerprint
    for owner, serial in before.items():
        assert leaf(again, owner).serial_number != serial
        assert leaf(again, owner).not_valid_after_utc > NOW + timedelta(days=600)
    names = leaf(again, "web").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("192.168.1.11")]


def test_the_authoritys_key_lies_with_dispatch_alone(tmp_path: Path) -> None:
    make_papers(StateFolder(tmp_path), "192.168.1.10", NOW)
    assert [file.parent.name for file in tmp_path.rglob("ca.key")] == ["dispatch"]
    assert not [file for file in tmp_path.rglob("*.key") if file.stat().st_mode & 0o077]


def test_the_embedded_broker_leaves_this_machine_by_tls_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TLS alone"):
        EmbeddedBroker(tmp_path, 8752, "192.168.1.10")


@pytest.mark.enable_socket
def test_this_machines_address_is_found_or_asked_for() -> None:
    try:
        assert not ip_address(own_address()).is_unspecified
    except CannotStart as asked:
        assert "--lan" in str(asked)  # noqa: PT017 - a machine without a network


def test_a_fingerprint_is_shown_as_it_is_whatever_it_spells(tmp_path: Path) -> None:
    papers = Papers(StateFolder(tmp_path), "192.168.1.10", "ab" * 32)
    box = Installation(
        papers.folder, Ports(8750, 8752, 8751), tmp_path, create_engine("sqlite://"), None, papers
    )
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(welcome(box, demonstration=False))
    assert console.export_text().count("AB:" * 15 + "AB") == 2
