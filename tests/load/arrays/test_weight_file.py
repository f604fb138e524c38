import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.load.arrays.raw_weights import RawWeights, Wanted
from fcgen.load.arrays.weight_file import read_bias, read_weights
from fcgen.numerics.fixed import IntegerFormat

INT8 = IntegerFormat(8, True)
WEIGHT = np.array([[1, -2, 3], [-128, 127, 0]], np.int8)
SIZES = "correct the sizes of the layer or the file"
AGAIN = "save it again with NumPy"


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    """Run in an empty directory, so that messages name short relative paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path, shape=(3,), outputs=2, weight_format=INT8) -> RawWeights:
    return read_weights(type(path)(path), shape, outputs, weight_format)


def refusal(path, *arguments, reader=read, **options) -> str:
    with pytest.raises(InputError) as error:
        reader(path, *arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def npy_bytes(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header_bytes(text: str) -> bytes:
    """The start of an .npy file with any header."""
    padded = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


def write_zip(path, entries: dict[str, bytes], compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def write_hex(path, lines, ending="\n"):
    path.write_bytes("".join(line + ending for line in lines).encode())
    return path


# What is read


def test_npz_gives_every_entry_as_it_is(inside):
    constants = {
        "multiplier": np.array([3, 5]),
        "offset": 7,
        "shift": np.array([4, 5]),
        "zero_point": -1,
        "lo": -5,
        "hi": np.array([9, 8]),
    }
    np.savez(
        inside / "w.npz",
        weight=WEIGHT,
        bias=[1, 2],
        rounding="floor",
        saturation="saturate",
        **constants,
    )
    raw = read(inside / "w.npz")
    assert np.array_equal(raw.weight, WEIGHT)
    assert raw.weight.dtype == np.int8
    assert raw.bias.tolist() == [1, 2]
    assert (raw.rounding, raw.saturation) == ("floor", "saturate")
    for key, value in constants.items():
        assert np.array_equal(getattr(raw, key), value)


def test_a_compressed_npz_is_read(inside):
    np.savez_compressed(inside / "w.npz", weight=WEIGHT)
    assert np.array_equal(read(inside / "w.npz").weight, WEIGHT)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["int8", "<i2", ">i4", "uint16", "int64"])
def test_npy_of_any_integer_dtype_and_order_is_read(inside, dtype, order):
    weight = np.abs(WEIGHT.astype(np.int64)).astype(dtype)
    np.save(inside / "w.npy", np.asarray(weight, order=order))
    assert np.array_equal(read(inside / "w.npy").weight, weight)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_npy_of_any_float_dtype_becomes_float64(inside, dtype):
    np.save(inside / "w.npy", WEIGHT.astype(dtype))
    raw = read(inside / "w.npy")
    assert raw.weight.dtype == np.float64
    assert np.array_equal(raw.weight, WEIGHT)


@pytest.mark.parametrize("shape", [(3,), (3, 1, 1), (1, 3, 1)])
def test_kernels_of_the_size_of_the_map_become_rows(inside, shape):
    kernels = WEIGHT.reshape(2, *(shape if len(shape) == 3 else (1, 1, 3)))
    np.save(inside / "w.npy", kernels)
    assert np.array_equal(read(inside / "w.npy", shape).weight, WEIGHT)


def test_csv_of_integers_stays_integer(inside):
    (inside / "w.csv").write_bytes(b"\xef\xbb\xbf 1, -2,+3\r\n\r\n-128,127,0\r\n")
    raw = read(inside / "w.csv")
    assert raw.weight.dtype == np.int64
    assert np.array_equal(raw.weight, WEIGHT)


@pytest.mark.parametrize("last", ["0.0", "0e0", ".0"])
def test_csv_with_one_float_is_float(inside, last):
    (inside / "w.csv").write_text(f"1,-2,3\n-128,127,{last}\n")
    raw = read(inside / "w.csv")
    assert raw.weight.dtype == np.float64
    assert np.array_equal(raw.weight, WEIGHT)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_hex_is_two_s_complement_row_after_row(inside, ending):
    lines = ["01", "fe", "03", "80", "7F", "00"]
    raw = read(write_hex(inside / "w.hex", lines, ending))
    assert raw.weight.dtype.kind == "i"
    assert np.array_equal(raw.weight, WEIGHT)


@pytest.mark.parametrize(
    ("bits", "signed", "lines", "values"),
    [
        (1, True, ["0", "1"], [0, -1]),
        (1, False, ["0", "1"], [0, 1]),
        (6, True, ["1f", "20"], [31, -32]),
        (6, False, ["1f", "3f"], [31, 63]),
        (16, True, ["7fff", "8000"], [32767, -32768]),
        (16, False, ["0000", "ffff"], [0, 65535]),
    ],
)
def test_hex_of_any_width_is_read(inside, bits, signed, lines, values):
    path = write_hex(inside / "w.hex", lines)
    assert read(path, (1,), 2, IntegerFormat(bits, signed)).weight.tolist() == [
        [value] for value in values
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("b.npy", npy_bytes(np.array([5, -6]))),
        ("b.csv", b"5,-6\n"),
        ("b.csv", b"5\n-6"),
        ("b.hex", b"00000005\nfffffffa\n"),
    ],
)
def test_a_bias_is_read_from_its_own_file(inside, name, data):
    (inside / name).write_bytes(data)
    raw = read_bias(inside / name, 2)
    assert raw.bias.tolist() == [5, -6]
    assert raw.weight is None


def test_a_bias_is_read_from_npz(inside):
    np.savez(inside / "b.npz", bias=np.array([0.5, 1]))
    assert read_bias(inside / "b.npz", 2).bias.tolist() == [0.5, 1.0]


def test_the_ending_may_be_in_capitals(inside):
    (inside / "W.CSV").write_text("1,-2,3\n-128,127,0\n")
    assert np.array_equal(read(inside / "W.CSV").weight, WEIGHT)


# What is refused, with the whole message


@pytest.mark.parametrize("ending", [".npz", ".npy", ".csv", ".hex"])
def test_an_empty_file_is_refused(inside, ending):
    path = inside / f"w{ending}"
    path.touch()
    subject = f"{path}: weight" if ending == ".npy" else f"{path}"
    assert refusal(path) == f"{subject}: 0 bytes: is empty; give a file that holds values"


@pytest.mark.parametrize("ending", [".npz", ".npy", ".csv", ".hex"])
def test_a_missing_file_is_refused(inside, ending):
    path = inside / f"w{ending}"
    assert refusal(path) == f"{path}: No such file or directory: cannot be read; check the path"


@pytest.mark.parametrize("ending", [".npz", ".npy", ".csv", ".hex"])
def test_a_file_that_the_system_does_not_open_is_refused(inside, ending):
    path = inside / f"w{ending}"
    path.symlink_to(path)
    assert refusal(path) == (
        f"{path}: Too many levels of symbolic links: cannot be read; check the path"
    )


def test_a_directory_is_refused(inside):
    path = inside / "w.npz"
    path.mkdir()
    assert refusal(path) == f"{path}: not a file: must be a regular file; check the path"


@pytest.mark.parametrize(("name", "found"), [("w.txt", ".txt"), ("w", "no ending")])
def test_an_unknown_kind_of_file_is_refused(inside, name, found):
    path = inside / name
    assert refusal(path) == (
        f"{path}: {found}: is not a known kind of weight file; use .npz, .npy, .csv, .hex"
    )


def test_a_transposed_weight_is_refused_with_both_shapes(inside):
    path = inside / "w.npy"
    np.save(path, WEIGHT.T)
    assert refusal(path) == (
        f"{path}: weight: shape (3, 2): the layer needs (2, 3); transpose it: one row an output"
    )


def test_a_wrong_shape_is_refused_with_all_accepted_shapes(inside):
    path = inside / "w.npz"
    np.savez(path, weight=np.zeros((2, 1, 3, 1), np.int8))
    assert refusal(path, (3, 1, 1)) == (
        f"{path}: weight: shape (2, 1, 3, 1): the layer needs (2, 3) or (2, 3, 1, 1); {SIZES}"
    )


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()])
def test_a_bias_of_another_shape_is_refused(inside, shape):
    path = inside / "b.npy"
    np.save(path, np.zeros(shape, int))
    assert refusal(path, 2, reader=read_bias) == (
        f"{path}: bias: shape {shape}: the layer needs (2,); give one value an output"
    )


def test_a_constant_of_another_shape_is_refused(inside):
    path = inside / "w.npz"
    np.savez(path, weight=WEIGHT, shift=[1, 2, 3])
    assert refusal(path) == (
        f"{path}: shift: shape (3,): the layer needs () or (2,); give one value an output"
    )


@pytest.mark.parametrize(
    ("dtype", "rule"),
    [
        ("complex64", "must hold integers or floats"),
        ("bool", "must hold integers or floats"),
        ("U3", "must hold integers or floats"),
        ("S3", "must hold integers or floats"),
        ("datetime64[s]", "must hold integers or floats"),
    ],
)
def test_weights_that_are_no_numbers_are_refused(inside, dtype, rule):
    path = inside / "w.npy"
    np.save(path, np.zeros((2, 3), dtype))
    name = np.dtype(dtype)
    assert refusal(path) == f"{path}: weight: dtype {name}: {rule}; convert the values"


def test_a_float_constant_is_refused(inside):
    path = inside / "w.npz"
    np.savez(path, weight=WEIGHT, multiplier=1.5)
    assert refusal(path) == (
        f"{path}: multiplier: dtype float64: must hold integers; convert the values"
    )


@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_an_object_array_is_refused_and_never_unpickled(inside, ending):
    class Bomb:
        def __reduce__(self):
            return (open, (str(inside / "exploded"), "w"))

    path = inside / f"w{ending}"
    array = np.empty((2, 3), object)
    array[:] = Bomb()
    (np.save(path, array) if ending == ".npy" else np.savez(path, weight=array))
    assert refusal(path) == (
        f"{path}: weight: dtype object: needs pickle, which can run code and is never loaded; "
        "save plain numbers"
    )
    assert not (inside / "exploded").exists()


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv"])
def test_a_value_that_is_not_finite_is_refused(inside, ending, value, shown):
    path = inside / f"w{ending}"
    weight = np.ones((2, 3))
    weight[1, 2] = value
    writer = {".npy": np.save, ".csv": lambda p, w: np.savetxt(p, w, delimiter=",")}
    writer.get(ending, lambda p, w: np.savez(p, weight=w))(path, weight)
    assert refusal(path) == (
        f"{path}: weight: {shown} at (1, 2): must be finite; remove NaN and infinity"
    )


def test_a_key_of_another_name_is_refused_with_the_known_ones(inside):
    path = inside / "w.npz"
    np.savez(path, weights=WEIGHT)
    assert refusal(path) == (
        f"{path}: weights.npy: is not a known entry (weight, bias, multiplier, offset, shift, "
        "zero_point, lo, hi, rounding, saturation); rename or remove it"
    )


def test_a_bias_archive_holds_nothing_else(inside):
    path = inside / "b.npz"
    np.savez(path, weight=WEIGHT)
    assert refusal(path, 2, reader=read_bias) == (
        f"{path}: weight.npy: is not a known entry (bias); rename or remove it"
    )


def test_an_archive_without_a_bias_is_refused_as_a_bias(inside):
    path = write_zip(inside / "b.npz", {})
    assert refusal(path, 2, reader=read_bias) == (
        f"{path}: bias: is missing; save an entry of this name"
    )


@pytest.mark.parametrize("name", ["weight", "../weight.npy", "/weight.npy", "weight.npy/"])
def test_an_entry_that_is_no_npy_of_the_archive_is_refused(inside, name):
    path = write_zip(inside / "w.npz", {name: npy_bytes(WEIGHT)})
    assert refusal(path).startswith(f"{path}: {name}: is not a known entry (weight, ")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_occurs_twice_is_refused(inside):
    path = inside / "w.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weight.npy", npy_bytes(WEIGHT))
        archive.writestr("weight.npy", npy_bytes(WEIGHT))
    assert refusal(path) == f"{path}: weight.npy: must not occur twice; {AGAIN}"


@pytest.mark.parametrize("rounding", [["floor"], 3, b"floor"])
def test_a_name_that_is_not_one_string_is_refused(inside, rounding):
    path = inside / "w.npz"
    np.savez(path, weight=WEIGHT, rounding=rounding)
    value = np.asarray(rounding)
    assert refusal(path) == (
        f"{path}: rounding: shape {value.shape}, dtype {value.dtype}: must be one string; "
        "save a single name"
    )


def test_a_string_of_no_characters_is_refused_as_an_archive(inside):
    path = write_zip(
        inside / "w.npz",
        {"rounding.npy": header_bytes("{'descr': '<U0', 'fortran_order': False, 'shape': ()}")},
    )
    assert refusal(path).startswith(f"{path}: ")


# Sizes that lie


def test_a_huge_array_in_a_header_is_refused_before_memory_is_taken(inside):
    path = inside / "w.npy"
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}"
    path.write_bytes(header_bytes(header))
    assert refusal(path) == (
        f"{path}: weight: shape (1000000, 1000000): the layer needs (2, 3); {SIZES}"
    )


def test_a_header_that_declares_more_than_the_file_holds_is_refused(inside):
    path = inside / "w.npy"
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}"
    path.write_bytes(header_bytes(header) + bytes(47))
    assert refusal(path) == (f"{path}: weight: 47 bytes of values: the header declares 48; {AGAIN}")


def test_bytes_after_the_values_are_refused(inside):
    path = inside / "w.npy"
    path.write_bytes(npy_bytes(WEIGHT) + b"\x00")
    assert refusal(path) == f"{path}: weight: 7 bytes of values: the header declares 6; {AGAIN}"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(inside):
    header = header_bytes("{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3)}")
    path = write_zip(inside / "w.npz", {"weight.npy": header + bytes(50_000_000)})
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    message = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = len(header) + 50_000_000
    assert message == (
        f"{path}: weight: {size} bytes: a layer of this size needs at most 16480; {SIZES}"
    )
    assert peak < 5_000_000


def test_a_zip_entry_that_unpacks_to_more_than_it_declares_is_refused(inside):
    path = write_zip(inside / "w.npz", {"weight.npy": npy_bytes(WEIGHT) + bytes(10_000_000)})
    data = bytearray(path.read_bytes())
    declared = struct.pack("<I", len(npy_bytes(WEIGHT)))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = declared
    path.write_bytes(data)
    assert refusal(path).endswith(f"is not a whole .npz archive; {AGAIN}")


@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv", ".hex"])
def test_a_file_far_larger_than_the_layer_is_refused_unread(inside, ending):
    path = inside / f"w{ending}"
    with path.open("wb") as stream:
        stream.truncate(10_000_000_000)
    message = refusal(path)
    assert "10000000000 bytes: a layer of this size needs at most " in message
    assert message.endswith(SIZES)


@pytest.mark.parametrize("keep", [1, 10, 30, 100, 200])
def test_a_truncated_archive_is_refused(inside, keep):
    path = inside / "w.npz"
    np.savez(path, weight=WEIGHT)
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(path) == (
        f"{path}: File is not a zip file: is not a whole .npz archive; {AGAIN}"
    )


def test_an_edited_archive_is_refused_by_its_checksum(inside):
    path = write_zip(inside / "w.npz", {"weight.npy": npy_bytes(WEIGHT)}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace(WEIGHT.tobytes(), bytes(6)))
    assert refusal(path) == (
        f"{path}: Bad CRC-32 for file 'weight.npy': is not a whole .npz archive; {AGAIN}"
    )


@pytest.mark.parametrize("keep", [1, 6, 9, 40, 127])
def test_a_truncated_npy_is_refused(inside, keep):
    path = inside / "w.npy"
    path.write_bytes(npy_bytes(WEIGHT)[:keep])
    message = refusal(path)
    assert message.startswith(f"{path}: weight: ")
    assert message.endswith(AGAIN)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{}",
        "[1, 2]",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3.0)}",
        "{'descr': '<f8', 'fortran_order': 1, 'shape': (2, 3)}",
        "{'descr': 'nonsense', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (2, 3)}",
        "(" * 500,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}" + " " * 12000,
    ],
)
def test_a_header_that_is_no_header_is_refused(inside, header):
    path = inside / "w.npy"
    path.write_bytes(header_bytes(header) + bytes(48))
    message = refusal(path)
    assert message.startswith(f"{path}: weight: ")
    assert "is not a readable .npy" in message


@pytest.mark.parametrize("shape", ["(-2, -3)", "(2, -3)", "(True, 3)", "(2, 3, 1)", "(6,)"])
def test_an_odd_shape_in_a_header_is_refused(inside, shape):
    path = inside / "w.npy"
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"
    path.write_bytes(header_bytes(header) + bytes(48))
    assert refusal(path) == f"{path}: weight: shape {shape}: the layer needs (2, 3); {SIZES}"


def test_bytes_that_are_no_npy_are_refused(inside):
    path = inside / "w.npy"
    path.write_bytes(b"PK\x03\x04 but not an array at all")
    message = refusal(path)
    assert message.startswith(f"{path}: weight: the magic string is not correct")
    assert message.endswith(f"is not a readable .npy; {AGAIN}")


def test_random_damage_to_an_archive_gives_one_line_or_the_same_values(inside):
    path = inside / "w.npz"
    np.savez_compressed(path, weight=WEIGHT, bias=[1, 2], rounding="floor")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    messages = []
    for _ in range(600):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        try:
            raw = read(path)
        except InputError as error:
            messages.append(str(error))
        else:
            assert np.array_equal(raw.weight, WEIGHT)
            assert raw.bias.tolist() == [1, 2]
    assert len(messages) > 300
    assert all(message.startswith(f"{path}: ") for message in messages)
    assert not any("\n" in message for message in messages)


# Text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n \r\n", "only blanks: is empty; give a file that holds values"),
        (
            "a,b,c\n1,2,3\n",
            "line 1, column 1: a: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        (
            "1,2,3\n4,x5,6\n",
            "line 2, column 2: x5: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        (
            "1,2,3\n4,,6\n",
            "line 2, column 2: nothing: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        (
            "1,2,3\n4,1_0,6\n",
            "line 2, column 2: 1_0: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        (
            "1;2;3\n4;5;6\n",
            "line 1, column 1: 1;2;3: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        (
            "1,2,3\n4,9223372036854775808,6\n",
            "line 2, column 2: 9223372036854775808: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        ("1,2,3\n4,5\n", "line 2: 2 values: the first row has 3; give rows of one length"),
        (
            "1,2,3\n4,--5,6\n",
            "line 2, column 2: --5: must be a number of at most 64 bits; "
            "give plain numbers, no header",
        ),
        ("1,2\n4,5\n", f"weight: shape (2, 2): the layer needs (2, 3); {SIZES}"),
        ("1,2,3\n", f"weight: shape (1, 3): the layer needs (2, 3); {SIZES}"),
    ],
)
def test_csv_that_is_no_table_of_the_layer_is_refused(inside, text, message):
    path = inside / "w.csv"
    path.write_text(text)
    assert refusal(path) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["01"] * 5, "5 values: the layer needs 6, one a line, row after row; " + SIZES),
        (["01"] * 7, "7 values: the layer needs 6, one a line, row after row; " + SIZES),
        (
            ["01", "1"] + ["01"] * 4,
            "line 2: 1: must be 2 hexadecimal digits of 8 bits; write one a line",
        ),
        (
            ["01", "0001"] + ["01"] * 4,
            "line 2: 0001: must be 2 hexadecimal digits of 8 bits; write one a line",
        ),
        (
            ["01", ""] + ["01"] * 4,
            "line 2: nothing: must be 2 hexadecimal digits of 8 bits; write one a line",
        ),
        (
            ["01", "0g"] + ["01"] * 4,
            "line 2: 0g: must be 2 hexadecimal digits of 8 bits; write one a line",
        ),
        (
            ["01", "+1"] + ["01"] * 4,
            "line 2: +1: must be 2 hexadecimal digits of 8 bits; write one a line",
        ),
    ],
)
def test_hex_that_is_no_list_of_the_layer_is_refused(inside, lines, message):
    path = write_hex(inside / "w.hex", lines)
    assert refusal(path) == f"{path}: {message}"


def test_hex_digits_beyond_the_width_are_refused(inside):
    path = write_hex(inside / "w.hex", ["3f", "40"])
    assert refusal(path, (1,), 2, IntegerFormat(6, True)) == (
        f"{path}: line 2: 40: must be 2 hexadecimal digits of 6 bits; write one a line"
    )


def test_hex_and_csv_of_other_encodings_are_refused(inside):
    for name in ("w.hex", "w.csv"):
        (inside / name).write_bytes("01\n".encode("utf-16"))
        assert refusal(inside / name).startswith(f"{inside / name}: line 1")


# Arrays in memory go through the same door


def test_arrays_in_memory_are_checked_like_files():
    wanted = Wanted((3,), 2)
    with pytest.raises(InputError) as error:
        RawWeights(weight=np.zeros((3, 3))).conform(wanted)
    assert str(error.value) == f"weights: weight: shape (3, 3): the layer needs (2, 3); {SIZES}"


def test_constants_become_signed_so_that_sums_stay_integer():
    raw = RawWeights(lo=np.uint64(3), bias=np.array([1, 2], np.uint8)).conform(Wanted((3,), 2))
    assert raw.lo.dtype == np.int64
    assert raw.bias.dtype == np.int64


def test_a_constant_beyond_64_bits_signed_is_refused():
    with pytest.raises(InputError) as error:
        RawWeights(offset=np.uint64(2**63)).conform(Wanted((3,), 2))
    assert str(error.value) == (
        "weights: offset: 9223372036854775808: does not fit 64 bits signed; use smaller values"
    )


def test_a_million_int8_weights_are_read_within_a_few_copies(inside):
    weight = np.zeros((1000, 1000), np.int8)
    np.savez(inside / "w.npz", weight=weight)
    tracemalloc.start()
    read(inside / "w.npz", (1000,), 1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * weight.nbytes
