"""Articles: what they are, how they are read, repaired, identified and written back."""
