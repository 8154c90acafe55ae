"""Draws what the example frequent_stimuli prints.

cargo run --release -p drift-sim --example frequent_stimuli > frequent.csv
python docs/python/frequent_stimuli.py frequent.csv frequent_stimuli.svg
"""

import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "drift"
import matplotlib.pyplot as plt
import pandas as pd

table = pd.read_csv(sys.argv[1])
noises = {
    "choice": "choice of the stimulus",
    "label": "labels",
    "update": "update",
    "activity": "hidden activity",
}
figure, axes = plt.subplots(1, 4, figsize=(12, 3.2), sharey=True, layout="constrained")
for (noise, title), axis in zip(noises.items(), axes):
    for times, rows in table[table.noise == noise].groupby("times_as_frequent"):
        axis.errorbar(rows.lag, rows.ratio, rows.ratio_sem, label=f"{times} times", marker="o", markersize=3)
    axis.axhline(1, color="grey", linewidth=0.8)
    axis.set(title=f"noise: {title}", xscale="log", yscale="log", xlabel="lag (steps)")
axes[0].set_ylabel("moved: frequent / rare")
axes[-1].legend(title="as frequent", fontsize="small")
figure.savefig(sys.argv[2], metadata={"Date": None})
