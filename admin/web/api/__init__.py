"""What gates ask over HTTP: their sealed roster, and one use of a pass."""
