from __future__ import annotations

import emonet_corpus_foo

from emonet.testing import parametrize_checks


@parametrize_checks(emonet_corpus_foo)
def test_foo_keeps_its_promises(check):
    check()
