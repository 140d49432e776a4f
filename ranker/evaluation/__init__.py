"""Evaluation: stories measured against labels."""
