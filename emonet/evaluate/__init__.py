"""Evaluation: metrics, confidence intervals, predictions as they are stored, and scores made from them."""
