"""A folder of card files becomes a list of corpora: all that a corpus plugin needs."""

from __future__ import annotations

from pathlib import Path

from emonet.corpus.corpus import Corpus


def corpora_in(folder: Path | str) -> list[Corpus]:
    """Read every ``*.yaml`` card in a folder, in the order of their names.

    Raises:
        CorpusError: a card is wrong, or two cards carry one id.
    """
    from emonet.corpus.card import read_card
    from emonet.errors import CorpusError

    corpora: dict[str, Corpus] = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        corpus = read_card(path)
        if corpus.id in corpora:
            raise CorpusError(f"{path}: a second card with the id '{corpus.id}'. Ids must differ.")
        corpora[corpus.id] = corpus
    return list(corpora.values())
