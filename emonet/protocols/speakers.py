"""Ways to split any corpus that knows the field they go by: its speakers, sessions, texts or own splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from emonet.corpus.corpus import SPLITS, Corpus, Utterance
from emonet.errors import CorpusError, did_you_mean
from emonet.options import Share
from emonet.protocols.fold import (
    Fold,
    Folds,
    Groups,
    check_speakers,
    groups_by,
    rotated,
    shuffled,
    too_few,
    with_random_dev,
)
from emonet.protocols.texts import speaker_and_text_independent, text_independent


def _official(corpus: Corpus, utterances: Sequence[Utterance], *, overlap: str = "") -> Folds:
    groups = groups_by("split", corpus, utterances)
    strange = sorted(set(groups.values()) - set(SPLITS))
    if strange:
        hint = did_you_mean(strange[0], SPLITS)
        message = f"Corpus '{corpus.id}': unknown split '{strange[0]}'. {hint} Expected train, dev or test."
        raise CorpusError(" ".join(message.split()))
    return (Fold("official", groups),), overlap


def _hidden_test(corpus: Corpus, utterances: Sequence[Utterance], *, dev: Share | None = None, seed: int = 1) -> Folds:
    """Test on the corpus' own dev split, since the labels of its test split are kept back; cut dev from train."""
    share = 0.2 if dev is None else dev
    new = {"train": "train", "dev": "test"}
    held = {id_: new[split] for id_, split in groups_by("split", corpus, utterances).items() if split in new}
    fold = Fold("hidden-test", held)
    check_speakers(fold, corpus, utterances)
    overlap = f"dev is a random {share:.0%} of the train utterances, since the corpus' own dev split is test here"
    return (Fold(fold.name, with_random_dev(held, share, seed)),), overlap


def _by_speaker(
    corpus: Corpus, utterances: Sequence[Utterance], *, dev: Share = 0.2, test: Share = 0.2, seed: int = 1
) -> Folds:
    groups = groups_by("speaker", corpus, utterances)
    speakers = shuffled(groups.values(), seed)
    counts = {split: max(1, round(share * len(speakers))) for split, share in (("test", test), ("dev", dev))}
    if len(speakers) < 3:
        raise CorpusError(too_few(corpus, "by-speaker", "speaker", len(speakers), 3))
    if counts["test"] + counts["dev"] >= len(speakers):
        message = f"Corpus '{corpus.id}': dev={dev} and test={test} leave none of {len(speakers)} speakers for train."
        raise CorpusError(f"{message} Give smaller shares.")
    held = dict.fromkeys(speakers[: counts["test"]], "test")
    held |= dict.fromkeys(speakers[counts["test"] : counts["test"] + counts["dev"]], "dev")
    return (Fold("by-speaker", {id_: held.get(speaker, "train") for id_, speaker in groups.items()}),), ""


def _leave_one_out(field: str) -> Callable[..., Folds]:
    name = f"leave-one-{field}-out"

    def split(corpus: Corpus, utterances: Sequence[Utterance], *, dev: Share | None = None, seed: int = 1) -> Folds:
        groups = groups_by(field, corpus, utterances)
        names = sorted(set(groups.values()))
        needed = 3 if dev is None else 2
        if len(names) < needed:
            hint = f" Or cut dev from train: {name}: {{dev: 0.2}}." if len(names) == 2 else ""
            raise CorpusError(too_few(corpus, name, field, len(names), needed) + hint)
        if dev is None:
            return tuple(rotated(groups, [[group] for group in names], i, names[i]) for i in range(len(names))), ""
        for group in names:  # only dev may share speakers with train
            held = Fold(group, {id_: "test" if found == group else "train" for id_, found in groups.items()})
            check_speakers(held, corpus, utterances)
        overlap = f"dev is a random {dev:.0%} of the train utterances, so that no {field} is lost to it"
        return tuple(_random_dev(groups, group, dev, seed) for group in names), overlap

    return split


def _grouped_k_fold(
    corpus: Corpus, utterances: Sequence[Utterance], *, k: int = 5, by: str = "speaker", seed: int = 1
) -> Folds:
    if k < 3:
        raise CorpusError(f"grouped-k-fold: k is {k}, but train, dev and test need 3 folds. Give k of at least 3.")
    groups = groups_by(by, corpus, utterances)
    names = shuffled(groups.values(), seed)
    if len(names) < k:
        raise CorpusError(too_few(corpus, f"grouped-k-fold with k={k}", by, len(names), k))
    blocks = [names[i::k] for i in range(k)]
    return tuple(rotated(groups, blocks, i, str(i + 1)) for i in range(k)), ""


def _random_dev(groups: Groups, test: str, share: float, seed: int) -> Fold:
    held = {id_: "test" if group == test else "train" for id_, group in groups.items()}
    return Fold(test, with_random_dev(held, share, seed))


GENERIC: Mapping[str, Callable[..., Folds]] = {
    "official": _official,
    "hidden-test": _hidden_test,
    "by-speaker": _by_speaker,
    "leave-one-speaker-out": _leave_one_out("speaker"),
    "leave-one-session-out": _leave_one_out("session"),
    "grouped-k-fold": _grouped_k_fold,
    "text-independent": text_independent,
    "speaker-text-independent": speaker_and_text_independent,
}
"""Protocols that any corpus has, as long as it knows the field they go by."""
