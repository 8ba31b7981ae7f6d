"""The ground floor: tables, sessions, migrations."""
