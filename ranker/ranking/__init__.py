"""Ranking: quality, heat, recency, their blend, related articles, and the sums behind them."""
