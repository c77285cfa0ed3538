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
    dev_of_groups,
    groups_by,
    rotated,
    shuffled,
    too_few,
    with_random_dev,
)
from emonet.protocols.texts import speaker_and_text_independent, text_independent


def _official(
    corpus: Corpus, utterances: Sequence[Utterance], *, dev: Share | None = None, overlap: str = "", seed: int = 1
) -> Folds:
    """Take the split of each utterance; where there is no dev, ``dev`` cuts it from train by whole speakers.

    Where train has no two speakers that are known, it is cut by utterances, which needs ``overlap``.
    """
    groups = groups_by("split", corpus, utterances)
    strange = sorted(set(groups.values()) - set(SPLITS))
    if strange:
        hint = did_you_mean(strange[0], SPLITS)
        message = f"Corpus '{corpus.id}': unknown split '{strange[0]}'. {hint} Expected train, dev or test."
        raise CorpusError(" ".join(message.split()))
    fold = Fold("official", groups)
    if "dev" in groups.values() or not {"train", "test"} <= set(groups.values()):
        if dev is not None:
            raise CorpusError(_not_cut(corpus, groups))
        return (fold,), overlap
    if dev is None:
        message = f"Corpus '{corpus.id}', fold 'official': nothing is in dev, and what is chosen is chosen there."
        advice = "Check that the copy is complete. Where a corpus has train and test alone, cut dev from train"
        raise CorpusError(f"{message} {advice}: `protocol: {{official: {{dev: 0.2}}}}`.")
    return _with_dev(fold, corpus, utterances, dev, overlap, seed)


def _not_cut(corpus: Corpus, groups: Groups) -> str:
    there = " and ".join(split for split in SPLITS if split in groups.values())
    message = f"Corpus '{corpus.id}': dev is cut where there are train and test alone; here is {there}."
    return f"{message} Leave out the option dev."


def _with_dev(
    fold: Fold, corpus: Corpus, utterances: Sequence[Utterance], share: float, overlap: str, seed: int
) -> Folds:
    speakers = {each.id: each.speaker for each in utterances if each.speaker is not None}
    train = [id_ for id_, split in fold.splits.items() if split == "train"]
    by_speaker = dev_of_groups(fold, speakers, share, seed) if all(id_ in speakers for id_ in train) else None
    if by_speaker is not None:
        return (by_speaker,), overlap
    nameless = sum(id_ not in speakers for id_ in train)
    if not overlap:
        seen = (
            f"{nameless} of {len(train)} train utterances have no speaker"
            if nameless
            else "train has one speaker alone"
        )
        message = f"Corpus '{corpus.id}': {seen}, so that dev cannot be cut from train by whole speakers."
        raise CorpusError(f"{message} To cut it by utterances, say why: official: {{dev: {share:g}, overlap: REASON}}.")
    why = f"{overlap}. dev is a random {share:.0%} of the train utterances"
    return (Fold(fold.name, with_random_dev(fold.splits, share, seed)),), why


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


def _at_random(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    *,
    overlap: str = "",
    k: int = 0,
    dev: Share = 0.2,
    test: Share = 0.2,
    seed: int = 1,
) -> Folds:
    """Deal files out at random, alike in every class: to shares of one fold, or to ``k`` folds that test each once.

    Pieces of one file stay together. Nothing keeps speakers apart, so ``overlap`` says why that is right.

    Raises:
        CorpusError: no reason, too few files, or shares that leave no train.
    """
    if not " ".join(overlap.split()):
        message = "Protocol 'random' keeps no speakers apart, so its scores are speaker-dependent. Say why it is taken"
        raise CorpusError(f"{message}: random: {{overlap: nobody knows the speakers}}.")
    if k and k < 3:
        raise CorpusError(f"random: k is {k}, but train, dev and test need 3 folds. Give k of at least 3.")
    if not k and dev + test >= 1:
        raise CorpusError(f"random: dev={dev} and test={test} leave nothing for train. Give smaller shares.")
    files = {utterance.id: utterance.path for utterance in utterances}
    order = _stratified(corpus, utterances, seed)
    if len(order) < max(3, k):
        raise CorpusError(too_few(corpus, "random", "file", len(order), max(3, k)))
    why = f"speaker-dependent, since utterances are dealt out at random: {overlap}"
    if k:
        blocks = [order[i::k] for i in range(k)]
        return tuple(rotated(files, blocks, i, str(i + 1)) for i in range(k)), why
    split_of = _dealt(order, {"train": 1 - dev - test, "dev": dev, "test": test})
    return (Fold("random", {id_: split_of[path] for id_, path in files.items()}),), why


def _stratified(corpus: Corpus, utterances: Sequence[Utterance], seed: int) -> list[str]:
    """Return the files in an order that keeps those of one class, or of like numbers, together, else at random."""
    target = next((each.name for each in corpus.targets if each.is_categorical), corpus.targets[0].name)
    labels = {each.path: each.labels.get(target, "") for each in sorted(utterances, key=lambda each: each.id)}
    mixed = {path: place for place, path in enumerate(shuffled(labels, seed))}
    return sorted(labels, key=lambda path: (isinstance(labels[path], str), labels[path], mixed[path]))


def _dealt(order: Sequence[str], shares: Mapping[str, float]) -> dict[str, str]:
    """Return what each name of an order falls to, so that every stretch of it is dealt out by the shares."""
    counts = dict.fromkeys(shares, 0)
    found = {}
    for number, name in enumerate(order, 1):
        split = max(shares, key=lambda each: round(shares[each] * number - counts[each], 9))
        counts[split] += 1
        found[name] = split
    return found


GENERIC: Mapping[str, Callable[..., Folds]] = {
    "official": _official,
    "hidden-test": _hidden_test,
    "by-speaker": _by_speaker,
    "leave-one-speaker-out": _leave_one_out("speaker"),
    "leave-one-session-out": _leave_one_out("session"),
    "grouped-k-fold": _grouped_k_fold,
    "random": _at_random,
    "text-independent": text_independent,
    "speaker-text-independent": speaker_and_text_independent,
}
"""Protocols that any corpus has, as long as it knows the field they go by."""
