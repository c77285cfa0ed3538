from __future__ import annotations

import emonet_backbone_tiny

from emonet.testing import parametrize_checks


@parametrize_checks(emonet_backbone_tiny, options={"tiny": {"width": 4}})
def test_tiny_keeps_its_promises(check):
    check()
