"""The page: stories for people to read, weigh and correct, with nothing that is loaded from elsewhere."""
