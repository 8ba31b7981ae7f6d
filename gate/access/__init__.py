"""Identities and credentials become decisions. Everything here is pure: no clock, no file, no network."""
