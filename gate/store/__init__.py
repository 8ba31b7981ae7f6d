"""What a gate keeps: its journal of passages and alarms, its roster, and the passes already used."""
