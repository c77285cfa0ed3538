"""Split lists: files that say which utterance is in which part of which fold, in several formats."""
