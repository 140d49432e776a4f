"""Learning a scorecard: rules and points that give articles the very quality they carry."""
