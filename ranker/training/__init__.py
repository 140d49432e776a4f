"""Training: models made from labelled stories; nothing here is needed to rank."""
