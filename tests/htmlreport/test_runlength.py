import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ivfgrade.htmlreport.runlength import encode
from tests.htmlreport.decoded import decode


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.booleans()))
def test_a_mask_comes_back_as_it_was(mask):
    assert np.array_equal(decode(encode(mask), *mask.shape), mask)


@pytest.mark.parametrize(
    ("mask", "content"),
    [
        ([[0, 0, 1], [1, 0, 0]], [2, 2, 2]),
        ([[1, 0]], [0, 1, 1]),  # begins inside: no pixel outside before it
        (np.zeros((1, 300)), [300 & 127 | 128, 300 >> 7]),
        (np.ones((1, 16384)), [0, 128, 128, 1]),
    ],
)
def test_bytes_are_as_the_viewer_reads_them(mask, content):
    assert list(base64.b64decode(encode(np.array(mask)))) == content
