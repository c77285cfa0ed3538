"""Audits of partitions: what stands on both sides of a split, and what gives a class away."""
