"""Makes the files that a laboratory has of one mouse: two days of suite2p, a DeepLabCut track of each,
and CellReg's registration. Nothing in them was measured. Needs numpy and scipy.

    python3 example_mouse.py FOLDER
"""
import os
import sys

import numpy as np
from scipy.io import savemat

RATE, SECONDS, LAP, TRACK = 20.0, 300.0, 20.0, 100.0
CM_PER_PX, ORIGIN_PX = 0.2, 20.0
CELLS, WIDTH = 40, 8.0
SCORER = "DLC_resnet50_trackJan1shuffle1_50000"

rng = np.random.default_rng(3)
time = np.arange(int(SECONDS * RATE)) / RATE
position = TRACK / 2 * (1 - np.cos(2 * np.pi * time / LAP))


def suite2p(folder, centres):
    """Deconvolved activity of place cells, and the fluorescence it would have been found in."""
    os.makedirs(folder)
    field = np.exp(-((position - np.asarray(centres)[:, None]) ** 2) / (2 * WIDTH**2))
    spks = (rng.random(field.shape) < 0.3 * np.nan_to_num(field)) * rng.gamma(2.0, 0.5, field.shape)
    decay = np.exp(-np.arange(40) / 10.0)
    trace = np.stack([np.convolve(row, decay)[: len(row)] for row in spks])
    neuropil = 100 + rng.normal(0, 4, spks.shape)
    iscell = np.column_stack([np.ones(len(spks)), np.full(len(spks), 0.9)])
    iscell[-2:] = 0, 0.1  # the last two are no cells
    arrays = dict(F=300 + 50 * trace + 0.7 * neuropil, Fneu=neuropil, spks=spks)
    for name, values in arrays.items():
        np.save(f"{folder}/{name}.npy", values.astype(np.float32))
    np.save(f"{folder}/iscell.npy", iscell)
    np.save(f"{folder}/ops.npy", dict(fs=RATE, nplanes=1))  # pickled, as suite2p does


def deeplabcut(path):
    """The back and the nose in pixels; for four seconds the network loses the animal."""
    x, likelihood = ORIGIN_PX + position / CM_PER_PX, np.full(len(time), 0.99)
    lost = (time >= 14) & (time < 18)
    x, likelihood = np.where(lost, 3.0, x), np.where(lost, 0.02, likelihood)
    y = np.full(len(time), 60.0)
    with open(path, "w") as file:
        file.write(",".join(["scorer"] + [SCORER] * 6) + "\n")
        file.write("bodyparts" + ",back" * 3 + ",nose" * 3 + "\n")
        file.write("coords" + ",x,y,likelihood" * 2 + "\n")
        rows = np.column_stack([x, y, likelihood, x + 15, y, likelihood])
        for frame, row in enumerate(rows):
            file.write(f"{frame}," + ",".join(f"{value:g}" for value in row) + "\n")


folder = sys.argv[1]
centres = rng.uniform(0, TRACK, CELLS)
centres[:4] = np.nan  # silent
later = centres + np.where(rng.random(CELLS) < 0.3, rng.normal(0, 25, CELLS), rng.normal(0, 2, CELLS))
later[4:8] = np.nan  # fall silent
order = rng.permutation(CELLS)  # suite2p finds them in another order on day 3
suite2p(f"{folder}/day1/suite2p/plane0", centres)
suite2p(f"{folder}/day3/suite2p/plane0", later[order])
for day in ("day1", "day3"):
    deeplabcut(f"{folder}/{day}{SCORER}.csv")
# Registered cells × days, counted from 1, 0 where a cell was not found: the first 30 are found again.
again = np.empty(CELLS, int)
again[order] = np.arange(CELLS) + 1
again[30:] = 0
savemat(f"{folder}/cellRegistered.mat", dict(cell_to_index_map=np.column_stack([np.arange(CELLS) + 1.0, again])))
