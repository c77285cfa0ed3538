"""Labels across corpora: canonical words, what corpora make of them, and the label spaces that corpora share."""
