"""Not this person: passages under the wrong name, and people easily taken for each other."""
