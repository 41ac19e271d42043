"""Controls that take a learner's own: kernels and images, and what they refuse."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from stridelab import StrideLabError
from stridelab.explorers.controls import Image, Kernel, OwnImage

KERNEL = Kernel("kernel", "Kernel", "box", {"box": "box blur", "dot": "identity"}, most=3)
IMAGE = Image("image", "Image", "disc", {"disc": "a disc", "dot": "one dot"})


def refusal(call, *arguments: object) -> str:
    with pytest.raises(StrideLabError) as caught:
        call(*arguments)
    return str(caught.value)


# --- kernels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [[[1, 2.5], [-0.0, 4]], ((1.0, 2.5), (0, 4)), np.array([[1, 2.5], [0, 4]])]
)
def test_a_matrix_becomes_rows_of_plain_numbers(value: object) -> None:
    checked = KERNEL.check(value)
    assert repr(checked) == KERNEL.code(checked) == "((1, 2.5), (0, 4))"
    assert KERNEL.check(json.loads(json.dumps(KERNEL.as_json(checked)))) == checked


def test_numpy_s_numbers_are_numbers() -> None:
    assert repr(KERNEL.check([[np.float32(0.5), np.int8(3)]])) == "((0.5, 3),)"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("bxo", "kernel must be one of 'box' or 'dot'; got 'bxo'. Did you mean 'box'?"),
        ([1, 2], "kernel must be rows of numbers, or one of 'box', 'dot'; got [1, 2]. "
                 "Write [[1, 2, 1]] for one row."),
        ([], "kernel must be rows of numbers, or one of 'box', 'dot'; got []. "
             "Write [[1, 2, 1]] for one row."),
        ([[]], "kernel must be rows of numbers, or one of 'box', 'dot'; got [[]]. "
               "Write [[1, 2, 1]] for one row."),
        (3, "kernel must be rows of numbers, or one of 'box', 'dot'; got 3. "
            "Write [[1, 2, 1]] for one row."),
        ([[1, 2], [3]], "kernel must have rows of one length; got 2 and 1 (rows 0 and 1)"),
        (np.ones((4, 2)), "kernel must have at most 3 rows and 3 columns; got 4 × 2 "
                          "(this explorer's limit)"),
        ([[1, 2, 3], [4, 5, float("nan")]], "kernel[1][2] must be a finite number; got nan"),
        ([[10**400]], "kernel[0][0] must be a number from -1000000 to 1000000; got "
                      f"{'1' + 76 * '0'}..."),
        ([[True]], "kernel[0][0] must be a finite number; got True"),
        ([["1"]], "kernel[0][0] must be a finite number; got '1'"),
        ([[1j]], "kernel[0][0] must be a finite number; got 1j"),
        (np.ones((1, 1, 1)), "kernel[0][0] must be a finite number; got [1.0]"),
        ([[-1.5e6]], "kernel[0][0] must be a number from -1000000 to 1000000; got -1500000.0"),
    ],
)  # fmt: skip
def test_no_kernel(value: object, message: str) -> None:
    assert refusal(KERNEL.check, value) == message


# --- images ---------------------------------------------------------------------------------------


def test_arrays_of_every_kind_give_red_green_and_blue() -> None:
    grey = np.array([[0, 51], [102, 255]], np.uint8)
    expected = np.stack([grey] * 3, axis=-1)
    for value in (
        grey,
        grey[..., None],
        expected,
        np.dstack([expected, grey]),  # alpha is dropped
        grey / 255,
        (grey / 255).astype(np.float32),
        np.asfortranarray(expected),
    ):
        checked = IMAGE.check(value)
        assert (checked.values == expected).all()
        assert checked.values.dtype == np.uint8
        assert (checked.label, IMAGE.code(checked)) == ("array", "my_image")


def test_equal_is_what_looks_and_is_called_alike() -> None:
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    one, other = IMAGE.check(grey), IMAGE.check(grey / 255)
    assert one == other
    assert hash(one) == hash(other)
    assert one != IMAGE.check(grey.reshape(3, 2))
    assert one != OwnImage(one.values, "cat.png")
    assert one != "disc"
    grey[0, 0] = 9  # a copy was made
    assert one == other
    assert one.values[0, 0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        one.values[0, 0] = 1
    assert IMAGE.as_json("disc") == "disc"
    assert IMAGE.as_json(one) == IMAGE.as_json(other) == f"own: array #{one.digest[:8]}"
    assert IMAGE.as_json(one) != IMAGE.as_json(IMAGE.check(grey))
    assert IMAGE.check(one) is one


def test_a_file_by_its_path_and_as_an_upload(tmp_path: Path) -> None:
    file = tmp_path / "phone.jpg"
    exif = Pillow.Exif()
    exif[0x0112] = 6  # a quarter turn
    Pillow.new("RGB", (30, 20), (10, 200, 30)).save(file, exif=exif, quality=100)
    from_text, from_path = IMAGE.check(str(file)), IMAGE.check(file)
    assert from_text == from_path
    assert from_text.values.shape == (30, 20, 3)  # upright
    assert (from_text.label, IMAGE.code(from_text)) == ("phone.jpg", repr(str(file)))
    read = IMAGE.read("phone.jpg", file.read_bytes())
    assert (read.values == from_text.values).all()
    assert (read.label, IMAGE.code(read)) == ("phone.jpg", "my_image")


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "deep.png"
    Pillow.fromarray(np.array([[0, 0x8000, 0xFFFF]], np.uint16)).save(file)
    assert IMAGE.check(file).values[0, :, 0].tolist() == [0, 0x80, 0xFF]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("dsic", "image must be one of 'disc' or 'dot', an array, or a picture's path; "
                 "got 'dsic'. Did you mean 'disc'?"),
        ([[1, 2]], "image must be one of 'disc' or 'dot', an array, or a picture's path; "
                   "got [[1, 2]]"),
        (Path("gone.png"), "image must exist; got 'gone.png'. "
                           "Give its path from this notebook's folder."),
        (np.zeros((3, 4, 5)), "image must be rows × columns, with 1, 3 or 4 channels last where it "
                              "has any; got shape (3, 4, 5). "
                              "Put the channels last: numpy.moveaxis(image, 0, -1)."),
        (np.zeros(4), "image must be rows × columns, with 1, 3 or 4 channels last where it has "
                      "any; got shape (4,)"),
        (np.zeros((0, 4)), "image must have from 1 to 67,108,864 pixels; got 0 × 4"),
        (np.broadcast_to(np.uint8(0), (9000, 9000)),
         "image must have from 1 to 67,108,864 pixels; got 9000 × 9000. "
         "Reduce it first, for example image[::2, ::2]."),
        (np.array([[0, 255]]), "image must hold uint8, or floats from 0 to 1; got int64. "
                               "Write image.astype('uint8')."),
        (np.array([[0, 256]]), "image must hold uint8, or floats from 0 to 1; got int64"),
        (np.array([[0, 200.5]]), "image must hold uint8, or floats from 0 to 1; got floats from 0 "
                                 "to 200.5. Write image.astype('uint8')."),
        (np.array([[np.nan, 1]]), "image must hold uint8, or floats from 0 to 1; got floats from "
                                  "nan to nan"),
        (np.array([["a"]]), "image must hold uint8, or floats from 0 to 1; got <U1"),
    ],
)  # fmt: skip
def test_no_image(value: object, message: str) -> None:
    assert refusal(IMAGE.check, value) == message


def test_broken_files_are_refused_whatever_pillow_makes_of_them(tmp_path: Path) -> None:
    whole = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Pillow.fromarray(noise).save(whole, "PNG")
    data = whole.getvalue()
    for broken in (b"", b"not a picture", data[: len(data) // 2], data[:40], data[:8] + data[50:]):
        message = refusal(IMAGE.read, "x.txt", broken)
        assert message == "image must be a picture that Pillow reads; got 'x.txt'"
    file = tmp_path / "half.png"
    file.write_bytes(data[:300])
    assert refusal(IMAGE.check, file).startswith("image must be a picture that Pillow reads; got")
    assert refusal(IMAGE.check, tmp_path).startswith("image must be a picture that Pillow reads;")


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ((9000, 9000), "81,000,000"),  # Pillow would decode it
        ((10_000, 10_000), "100,000,000"),  # warn of it
        ((60_000, 60_000), "3,600,000,000"),  # and refuse it
    ],
)
def test_a_bomb_is_judged_by_its_header(size: tuple[int, int], pixels: str) -> None:
    assert refusal(IMAGE.read, "bomb.png", huge_png(*size)) == (
        f"image must have at most 67,108,864 pixels; got {pixels} ('bomb.png'). "
        "Reduce it first, with any program that shows pictures."
    )


def test_the_page_is_told_what_the_controls_offer() -> None:
    options = [("disc", "a disc"), ("dot", "one dot")]
    assert IMAGE.as_data() == {"kind": "image", "options": options}
    assert KERNEL.as_data() == {
        "kind": "kernel",
        "options": [("box", "box blur"), ("dot", "identity")],
        "most": 3,
    }
