"""Pictures of gates: taken in from a gate, shown to one viewer who says why, and gone."""
