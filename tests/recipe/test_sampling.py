from __future__ import annotations

from collections import Counter

import pytest

from emonet.errors import EmonetError
from emonet.recipe.choice import Choice
from emonet.recipe.sampling import sampler_of

NAMES = ["foo/emotion", "bar/emotion", "baz/emotion"]
SIZES = [900, 90, 10]


def shares(written: object, rounds: int = 400) -> list[float]:
    sampler = sampler_of(Choice.model_validate(written), NAMES, SIZES)
    drawn = Counter(position for number in range(rounds) for position in sampler(1, number))
    return [drawn[position] / (3 * rounds) for position in range(3)]


def test_round_robin_takes_every_task_once_in_order() -> None:
    sampler = sampler_of(Choice.model_validate("round-robin"), NAMES, SIZES)
    assert sampler(1, 0) == sampler(2, 7) == [0, 1, 2]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("proportional", [0.9, 0.09, 0.01]),
        ({"temperature": {"t": 1}}, [0.9, 0.09, 0.01]),
        ({"temperature": {"t": 2}}, [0.699, 0.221, 0.074]),
        ({"weights": {"foo": 1, "bar/emotion": 3}}, [0.25, 0.75, 0.0]),
    ],
)
def test_tasks_are_drawn_by_their_shares(written: object, expected: list[float]) -> None:
    assert shares(written) == pytest.approx(expected, abs=0.04)


def test_a_round_is_a_function_of_seed_and_number() -> None:
    sampler = sampler_of(Choice.model_validate("proportional"), NAMES, SIZES)
    assert sampler(1, 5) == sampler(1, 5)
    assert [sampler(1, number) for number in range(20)] != [sampler(2, number) for number in range(20)]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("round-robbin", "Unknown sampling 'round-robbin'. Did you mean 'round-robin'?"),
        ({"temperature": {"tau": 2}}, "has no option 'tau'"),
        ({"temperature": {"t": 0}}, "t=0 must be greater than 0"),
        ({"weights": {"fo": 1}}, "Unknown task in sampling weights 'fo'. Did you mean 'foo'?"),
        ({"weights": {"foo": -1}}, "foo has the weight -1, expected a number from 0 on"),
        ({"weights": {"foo": "much"}}, "sampling 'weights': the option 'foo' is 'much'. Give a number."),
        ({"weights": {"foo": 0}}, "all are 0, so nothing would be learned"),
        ({"round-robin": {"x": 1}}, "has no option 'x'"),
    ],
)
def test_a_sampling_that_makes_no_sense_is_refused(written: object, message: str) -> None:
    with pytest.raises(EmonetError) as caught:
        sampler_of(Choice.model_validate(written), NAMES, SIZES)
    assert message in str(caught.value)
