"""Makes the DICOM files of this folder, and what independent decoders see in each of them.

Run in this folder with Python 3.11, pydicom 3.0.2, numpy, imagecodecs 2026.3.6, pylibjpeg with
its libjpeg and openjpeg plug-ins:

    python make_fixtures.py

NAME.dcm is the file, NAME.raw its stored values as pydicom decodes them: little-endian 16-bit,
row by row. The pictures are made of sine waves and a seeded generator; nothing here was a person.
"""

import io
import struct

import imagecodecs
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
BASELINE = "1.2.840.10008.1.2.4.50"
EXTENDED = "1.2.840.10008.1.2.4.51"
LOSSLESS = "1.2.840.10008.1.2.4.57"
LOSSLESS_SV1 = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
J2K_LOSSLESS = "1.2.840.10008.1.2.4.90"
J2K = "1.2.840.10008.1.2.4.91"
RLE = "1.2.840.10008.1.2.5"

ROWS, COLUMNS = 34, 37


def picture(bits, signed=False, seed=1):
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    wave = 0.5 + 0.4 * np.sin(x / 5.0) * np.cos(y / 7.0)
    noise = np.random.default_rng(seed).random((ROWS, COLUMNS)) * 0.05
    values = np.minimum((wave + noise) * 2**bits, 2**bits - 1).astype(np.int64)
    if signed:
        values -= 2 ** (bits - 1)
    kind = ("i" if signed else "u") + ("1" if bits <= 8 else "2")
    return values.astype(kind)


def dataset(syntax, pixels, bits, frame=None, fragments=1):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.1")
    meta.MediaStorageSOPInstanceUID = UID("2.25.1")
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID("2.25.2")
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID = meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ds.StudyDate = "20010203"
    ds.Modality = "CR"
    ds.PatientID = "P7"
    ds.ViewPosition = "AP"
    ds.StudyInstanceUID = "2.25.3"
    ds.SeriesInstanceUID = "2.25.4"
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated = 8 * pixels.dtype.itemsize
    ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = 1 if pixels.dtype.kind == "i" else 0
    if frame is None:
        ds.PixelData = pixels.tobytes()
        ds["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    else:
        ds.PixelData = encapsulate([frame], fragments_per_frame=fragments)
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    return ds


def saved(ds):
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def write(name, data, expected):
    with open(name + ".dcm", "wb") as file:
        file.write(data)
    if expected is not None:
        with open(name + ".raw", "wb") as file:
            file.write(np.asarray(expected).astype("<i4").astype("<u2").tobytes())


def decoded(data):
    return pydicom.dcmread(io.BytesIO(data), force=True).pixel_array


def lossless(name, syntax, pixels, bits, frame, fragments=1, by=decoded):
    data = saved(dataset(syntax, pixels, bits, frame, fragments))
    seen = by(data)
    assert np.array_equal(seen, pixels), name
    write(name, data, seen)


def lossy(name, syntax, pixels, bits, frame, by=decoded):
    data = saved(dataset(syntax, pixels, bits, frame))
    seen = by(data)
    assert np.abs(seen.astype(int) - pixels).max() < 2 ** bits / 8, name
    write(name, data, seen)


def with_everything(ds):
    """Sequences of given and undefined length, nested, private, and a picture inside a sequence."""
    inner = Dataset()
    inner.CodeValue = "T-D3000"
    inner.CodingSchemeDesignator = "SRT"
    middle = Dataset()
    middle.AnatomicRegionSequence = Sequence([inner, Dataset()])
    middle["AnatomicRegionSequence"].is_undefined_length = True
    ds.ViewCodeSequence = Sequence([middle])
    ds["ViewCodeSequence"].is_undefined_length = True
    middle.is_undefined_length_sequence_item = True
    ds.RequestAttributesSequence = Sequence([inner])
    icon = dataset(EXPLICIT, picture(8), 8)
    del icon.file_meta
    small = Dataset()
    for element in icon:
        if element.tag.group in (0x0028, 0x7FE0):
            small.add(element)
    ds.IconImageSequence = Sequence([small])
    ds["IconImageSequence"].is_undefined_length = True
    block = ds.private_block(0x0029, "COGAZE TEST", create=True)
    block.add_new(0x01, "LO", "private text")
    block.add_new(0x02, "SQ", Sequence([inner]))
    block.add_new(0x03, "OB", b"\x01\x02\x03\x04")
    ds.PhotometricInterpretation = "MONOCHROME1"
    ds.WindowCenter = ["2047.5", "1000"]
    ds.WindowWidth = ["4095", "500"]
    ds.RescaleIntercept = "-1024"
    ds.RescaleSlope = "0.5"
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = -1
    ds.PixelPaddingValue = 5
    ds.PixelPaddingRangeLimit = 0
    ds.PixelSpacing = [0.143, 0.2]
    lut = Dataset()
    lut.LUTDescriptor = [4096, 100, 16]
    lut.LUTData = (np.arange(4096) * 16).astype("<u2").tobytes()
    lut["LUTData"].VR = "OW"
    ds.VOILUTSequence = Sequence([lut])
    return ds


def main():
    twelve = picture(12)
    for name, syntax in ("explicit", EXPLICIT), ("implicit", IMPLICIT), ("deflated", DEFLATED):
        data = saved(with_everything(dataset(syntax, twelve, 12)))
        write(name, data, decoded(data))

    # An element of unknown representation and undefined length is coded implicitly inside.
    data = saved(dataset(EXPLICIT, twelve, 12))
    item = struct.pack("<HHI", 0x0008, 0x0100, 4) + b"ABCD"
    unknown = struct.pack("<HH2sHI", 0x0009, 0x1001, b"UN", 0, 0xFFFFFFFF)
    unknown += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + item
    unknown += struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    at = data.index(struct.pack("<HH2s", 0x0010, 0x0020, b"LO"))
    write("unknown-sequence", data[:at] + unknown + data[at:], twelve)

    # Neither preamble nor file meta information: what some exporters leave.
    data = saved(dataset(IMPLICIT, twelve, 12))
    start = data.index(struct.pack("<HHI", 0x0008, 0x0016, 26))
    write("bare-implicit", data[start:], twelve)
    data = saved(dataset(EXPLICIT, twelve, 12))
    start = data.index(struct.pack("<HH2s", 0x0008, 0x0016, b"UI"))
    write("bare-explicit", data[start:], twelve)
    write("no-preamble", data[132:], twelve)

    # Values in the upper bits and an overlay in the lowest: the stored value is the upper 12.
    shifted = (twelve.astype(np.uint16) << 4) | 9
    ds = dataset(EXPLICIT, shifted, 16)
    ds.BitsStored, ds.HighBit = 12, 15
    write("high-bit-15", saved(ds), twelve)

    signed = picture(14, signed=True)
    ds = dataset(EXPLICIT, (signed.astype(np.uint16) & 0x3FFF).astype(np.int16), 14)
    write("signed-14", saved(ds), signed)

    def rle(pixels):
        ds = dataset(EXPLICIT, pixels, 8 * pixels.dtype.itemsize)
        ds.compress(RLE, encoding_plugin="pydicom")
        return next(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=1))

    lossless("rle-12", RLE, twelve, 12, rle(twelve))
    lossless("rle-8", RLE, picture(8), 8, rle(picture(8)))
    signed16 = picture(16, signed=True)
    lossless("rle-signed-16", RLE, signed16, 16, rle(signed16))

    eight = picture(8)
    baseline = imagecodecs.jpeg8_encode(eight, level=90)
    lossy("jpeg-baseline", BASELINE, eight, 8, baseline)
    lossy("jpeg-extended-8", EXTENDED, eight, 8, baseline)
    extended = imagecodecs.jpeg8_encode(twelve, level=90, bitspersample=12)
    lossy(
        "jpeg-extended-12", EXTENDED, twelve, 12, extended,
        by=lambda data: imagecodecs.jpeg8_decode(extended),
    )

    def sof3(pixels, bits, predictor=1):
        return imagecodecs.jpeg8_encode(
            pixels, lossless=True, bitspersample=bits, predictor=predictor
        )

    for bits in 8, 12, 16:
        pixels = picture(bits)
        lossless(f"jpeg-lossless-{bits}", LOSSLESS_SV1, pixels, bits, sof3(pixels, bits))
    for predictor in 2, 4, 6, 7:
        lossless(
            f"jpeg-lossless-predictor-{predictor}", LOSSLESS, twelve, 12,
            sof3(twelve, 12, predictor),
        )
    fragments = sof3(twelve, 12)
    lossless("jpeg-lossless-fragments", LOSSLESS_SV1, twelve, 12, fragments, fragments=3)

    def openjpeg(pixels, bits, syntax, **options):
        ds = dataset(EXPLICIT, pixels, bits)
        ds.compress(syntax, encoding_plugin="pylibjpeg", **options)
        return next(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=1))

    lossless("j2k-12", J2K_LOSSLESS, twelve, 12, openjpeg(twelve, 12, J2K_LOSSLESS))
    lossless("j2k-8", J2K_LOSSLESS, eight, 8, openjpeg(eight, 8, J2K_LOSSLESS))
    lossless("j2k-16", J2K_LOSSLESS, picture(16), 16, openjpeg(picture(16), 16, J2K_LOSSLESS))
    signed12 = picture(12, signed=True)
    lossless("j2k-signed-12", J2K_LOSSLESS, signed12, 12, openjpeg(signed12, 12, J2K_LOSSLESS))
    lossy("j2k-lossy-12", J2K, twelve, 12, openjpeg(twelve, 12, J2K, j2k_cr=[4]))

    write("jpeg-ls", saved(dataset(JPEG_LS, eight, 8, imagecodecs.jpegls_encode(eight))), None)

main()
