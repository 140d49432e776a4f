"""Vectors: texts to unit rows, kept between runs; rare words; the pairs worth comparing."""
