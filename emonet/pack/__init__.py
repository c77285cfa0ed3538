"""Model packs: a shared model once, and one small file for each task that was trained on it."""
