"""Apps: the command line and what it runs."""
