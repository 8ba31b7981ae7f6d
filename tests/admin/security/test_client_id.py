"""Client ids of the server's processes."""

from admin.security.client_id import client_id


def test_a_client_id_stays_while_the_password_does_and_cannot_be_told_from_the_name() -> None:
    mine = client_id("dispatch", "a password")
    assert mine == client_id("dispatch", "a password")
    assert mine != client_id("dispatch", "another password")
    assert mine.startswith("dispatch-")
    assert "a password" not in mine
