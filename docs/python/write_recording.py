"""Writes own arrays as a recording that `drift analyze recording DIR` reads. Needs numpy."""
import os
import numpy as np

def table(path, **columns):
    rows = np.column_stack(list(columns.values()))
    np.savetxt(path, rows, "%.10g", ",", header=",".join(columns), comments="")

def write(folder, subject, sessions):
    """Sessions have day, t (s), x (cm, NaN where lost), S (frames × cells), frame_times (s)."""
    os.makedirs(folder, exist_ok=True)
    toml = f'format = "drift-recording"\nversion = 1\nsubject = "{subject}"\n'
    for k, s in enumerate(sessions):
        table(f"{folder}/{k}_pos.csv", time_s=s["t"], x_cm=s["x"])
        np.savez_compressed(f"{folder}/{k}.npz", activity=s["S"], time_s=s["frame_times"])
        toml += (f'[[session]]\nlabel = "s{k}"\nday = {float(s["day"])}\n'
                 f'positions = {{ file = "{k}_pos.csv" }}\n'
                 f'activity = {{ file = "{k}.npz", kind = "amplitudes" }}\n')
    open(f"{folder}/recording.toml", "w").write(toml)
