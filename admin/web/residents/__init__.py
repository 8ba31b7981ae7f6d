"""Residents: who lives here, found by name, pinyin, room or phone."""
