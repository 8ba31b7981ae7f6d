"""The demonstration compound: plausible people, one really enrolled, and a walk-up clip made of stills."""
