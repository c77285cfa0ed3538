"""The verbs of the command line as functions: what ``import emonet`` offers to scripts and notebooks."""
