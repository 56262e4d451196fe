"""The small reader of ONNX files against the package onnx."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ivfgrade.bundle import onnx_file
from ivfgrade.bundle.onnx_file import WITHIN, constant, opsets, outside
from ivfgrade.errors import InputError
from tests.bundle.made import CONSTANTS, graph

MODEL = graph()


def test_the_numbers_of_fields_are_those_of_the_format():
    """Every field of every message that can hold a tensor, and no other."""
    for message, known in WITHIN.items():
        there = {
            field.number: field.message_type.name
            for field in getattr(onnx, message).DESCRIPTOR.fields
            if field.message_type is not None
            and field.message_type.name in (*WITHIN, "TensorProto")
        }
        assert known == there, message
    fields = TensorProto.DESCRIPTOR.fields_by_name
    for number, name in (
        (onnx_file.TYPE, "data_type"), (onnx_file.FLOATS, "float_data"), (onnx_file.NAME, "name"),
        (onnx_file.RAW, "raw_data"), (onnx_file.OUTSIDE, "external_data"),
        (onnx_file.WHERE, "data_location"),
    ):  # fmt: skip
        assert fields[name].number == number, name


def test_constants_are_read_by_name():
    for name, value in CONSTANTS.items():
        assert np.array_equal(constant(MODEL, name), np.float32(value).ravel()), name
    assert constant(MODEL, "no such name") is None


def test_numbers_may_be_written_in_either_way_and_must_be_float32():
    raw = numpy_helper.from_array(np.float32([1.5, -2]), "raw")
    listed = helper.make_tensor("listed", TensorProto.FLOAT, [2], [1.5, -2])
    half = numpy_helper.from_array(np.float16([1.5, -2]), "half")
    made = helper.make_graph([], "g", [], [], initializer=[raw, listed, half])
    model = helper.make_model(made).SerializeToString()
    assert constant(model, "raw").tolist() == constant(model, "listed").tolist() == [1.5, -2]
    assert constant(model, "half") is None


def test_the_operators_version_is_that_of_onnx_itself():
    model = onnx.load_from_string(MODEL)
    assert opsets(MODEL) == {20}
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    assert opsets(model.SerializeToString()) == {20}
    model.opset_import.append(helper.make_opsetid("ai.onnx", 18))
    assert opsets(model.SerializeToString()) == {18, 20}


def away() -> TensorProto:
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "away")
    onnx.external_data_helper.set_external_data(tensor, "/etc/passwd")
    return tensor


def test_tensors_elsewhere_are_found_wherever_they_hide():
    node = helper.make_node("Constant", [], ["x"], value=away())
    inner = helper.make_graph([node], "inner", [], [], initializer=[])
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    model = helper.make_model(helper.make_graph([branch], "g", [], [], initializer=[away()]))
    model.functions.append(helper.make_function("d", "f", [], ["x"], [node], model.opset_import))
    assert outside(model.SerializeToString()) == ["away"] * 4
    assert outside(MODEL) == []


@pytest.mark.parametrize("content", [b"\x0a", b"\x0a\xff\xff\x01x", b"\x0b", b"\xff" * 20])
def test_what_is_no_graph_is_told(content):
    with pytest.raises(InputError, match="no ONNX file"):
        outside(content)
