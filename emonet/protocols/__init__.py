"""Protocols: which utterances are train, dev and test, from cards, speakers, texts or lists of others."""
