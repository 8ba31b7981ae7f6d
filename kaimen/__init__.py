"""The command line: starts everything on one box, shows the demonstration, measures, looks for trouble."""
