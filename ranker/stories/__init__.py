"""Stories: which articles cover one event."""
