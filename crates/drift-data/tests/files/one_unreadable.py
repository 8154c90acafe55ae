"""Makes MAT files in the working directory, each with one variable `bad` that cannot be read between two
sound ones, `after` and `before`. Needs numpy, scipy and h5py."""
import struct

import h5py
import numpy as np
from scipy.io import savemat

SOUND = dict(before=np.arange(6.0).reshape(2, 3), zafter=np.arange(4.0).reshape(1, 4))
NOISE = np.random.default_rng(0).random((40, 5))


def level73(name, fill):
    """Dimensions are stored in reverse, behind MATLAB's header in a user block."""
    with h5py.File(f"{name}.mat", "w", userblock_size=512) as file:
        for key, values in SOUND.items():
            of_class(file.create_dataset(key, data=values.T), "double")
        fill(file)
    with open(f"{name}.mat", "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")


def of_class(member, name, **flags):
    member.attrs["MATLAB_class"] = np.bytes_(name)
    for flag, value in flags.items():
        member.attrs[flag] = np.int32(value)
    return member


def opaque(file, name, key="bad"):
    reference = np.array([[0xDD000000, 2, 1, 1, 1, 1]], "u4")
    of_class(file.create_dataset(key, data=reference), name, MATLAB_object_decode=3)


def flipped(name, start, length):
    with open(name, "r+b") as file:
        file.seek(start)
        bytes_ = bytes(byte ^ 0x5A for byte in file.read(length))
        file.seek(start)
        file.write(bytes_)


def damaged(name, **storage):
    level73(name, lambda file: of_class(file.create_dataset("bad", data=NOISE, chunks=(10, 5), **storage), "double"))
    with h5py.File(f"{name}.mat") as file:
        chunk = file["bad"].id.get_chunk_info(1)
    flipped(f"{name}.mat", chunk.byte_offset + chunk.size // 2, 30)


def filtered(file, code, options):
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_chunk((4, 2))
    create.set_filter(code, h5py.h5z.FLAG_OPTIONAL, options)
    space = h5py.h5s.create_simple((4, 2))
    made = h5py.h5d.create(file.id, b"bad", h5py.h5t.IEEE_F64LE, space, create)
    made.write_direct_chunk((0, 0), bytes(range(20)), 0)
    of_class(file["bad"], "double")


def virtual(file):
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (3,))
    of_class(file.create_virtual_dataset("bad", layout), "double")


def handle(file):
    group = of_class(file.create_group("bad"), "function_handle", MATLAB_object_decode=1)
    of_class(group.create_dataset("matlabroot", data=np.array([[47]], "u2")), "char")


def sparse(file):
    group = of_class(file.create_group("bad"), "double")
    group.attrs["MATLAB_sparse"] = np.uint64(3)
    for key, values in dict(data=[1.0, 1.0], ir=[0, 9], jc=[0, 1, 2]).items():
        group.create_dataset(key, data=np.array(values, "f8" if key == "data" else "u8"))


def parts(file):
    """A struct and a cell, of which one part each is not readable."""
    mixed = np.zeros(3, [("a", "f8"), ("b", "i4")])
    group = of_class(file.create_group("s"), "struct")
    of_class(group.create_dataset("fine", data=np.ones((2, 3))), "double")
    group.create_dataset("bad", data=mixed)
    opaque(group, "table", "t")
    held = file.create_group("#refs#")
    fine, bad = of_class(held.create_dataset("a", data=np.ones((2, 3))), "double"), held.create_dataset("b", data=mixed)
    cell = file.create_dataset("c", (2, 1), dtype=h5py.ref_dtype)
    cell[0, 0], cell[1, 0] = fine.ref, bad.ref
    of_class(cell, "cell")


for name in ("table", "timetable", "string", "categorical", "datetime", "containers.Map", "Sources2D"):
    level73(f"class {name}", lambda file: opaque(file, name))
level73("handle", handle)
level73("compound", lambda file: file.create_dataset("bad", data=np.zeros(3, [("a", "f8"), ("b", "f8")])))
level73("text of any length", lambda file: of_class(file.create_dataset("bad", data=["a"], dtype=h5py.string_dtype()), "double"))
level73("numbers of any length", lambda file: file.create_dataset("bad", (2,), dtype=h5py.vlen_dtype("f8")))
level73("bytes", lambda file: file.create_dataset("bad", data=np.array([b"ab", b"cd"], "V2")))
level73("blosc", lambda file: filtered(file, 32001, (2, 2, 8, 64, 5, 1, 0)))
level73("zstd", lambda file: filtered(file, 32015, (3,)))
level73("szip", lambda file: filtered(file, 4, (141, 4)))
level73("external", lambda file: of_class(file.create_dataset("bad", (3,), "f8", external=[("nowhere.raw", 0, 24)]), "double"))
level73("virtual", virtual)
level73("sparse", sparse)
level73("huge", lambda file: of_class(file.create_dataset("bad", (2**20, 2**20), "f8", chunks=(1024, 1024)), "double"))
damaged("deflate", compression="gzip")
damaged("checksum", fletcher32=True)
level73("parts", parts)

# Level 5: one element a variable, compressed or not.
for compressed, name in ((True, "five"), (False, "five plain")):
    savemat(f"{name}.mat", dict(before=SOUND["before"], bad=NOISE, zafter=SOUND["zafter"]), do_compression=compressed)
    with open(f"{name}.mat", "rb") as file:
        whole = file.read()
    at, elements = 128, []
    while at < len(whole):
        size = struct.unpack_from("<I", whole, at + 4)[0]
        elements.append((at, size))
        at += 8 + size
    (start, size), (after, _) = elements[1:]

    def write(kind, content):
        with open(f"{name} {kind}.mat", "wb") as file:
            file.write(content)

    half = whole[start + 8 : start + 8 + size // 2]
    write("cut", whole[: start + 8 + size // 2])
    if compressed:
        write("damaged", whole)
        flipped(f"{name} damaged.mat", start + 8 + size // 2, 30)
        write("truncated", whole[:start] + struct.pack("<II", 15, len(half)) + half + whole[after:])
        write("checksum", whole)
        flipped(f"{name} checksum.mat", start + 8 + size - 2, 1)
        write("nameless", whole)
        flipped(f"{name} nameless.mat", start + 8, 1)
savemat("four.mat", SOUND, format="4")
