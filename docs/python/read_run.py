"""Read what drift writes, with NumPy and pandas, and draw it with Matplotlib.

    python read_run.py runs/figure2-0 --figure figure2.png
    python read_run.py runs/figure2-0 --check            # recompute the trace from the snapshots
    python read_run.py --sweep sweeps/sigma --figure sigma.png

Needs numpy and pandas; matplotlib only for --figure. Rows are samples, columns units or channels.
"""

import argparse
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass
class Run:
    """One run's directory."""

    scenario: dict  # scenario.toml: every field there is
    trace: pd.DataFrame  # trace.csv: a row a sampling point
    dataset: dict  # inputs (n, d_in), targets (n, d_out), perhaps position (n,), heading (n,)
    steps: np.ndarray  # (k,) updates done at each snapshot
    parameters: np.ndarray  # (k, p)
    spectra: dict  # step (m,), eigenvalues (m, p), where the run measured them

    @property
    def hidden_units(self):
        return self.parameters.shape[1] // (self.dataset["inputs"].shape[1] + 1 + self.dataset["targets"].shape[1])

    def weights(self, snapshot):
        """Input weights (units, d_in), biases (units,) and output weights (units, d_out).

        The flat vector is a column-major matrix with one row a unit: columns of input weights, the
        column of biases, columns of output weights.
        """
        d_in = self.dataset["inputs"].shape[1]
        table = self.parameters[snapshot].reshape(-1, self.hidden_units).T
        return table[:, :d_in], table[:, d_in], table[:, d_in + 1 :]

    def forward(self, snapshot):
        """Hidden activity (n, units) and outputs (n, d_out); for ReLU networks."""
        activation = self.scenario["network"].get("activation", "relu")
        if activation != "relu":
            raise ValueError(f"this script knows the ReLU, the run has {activation}")
        weights, bias, output_weights = self.weights(snapshot)
        hidden = np.maximum(self.dataset["inputs"] @ weights.T + bias, 0.0)
        return hidden, hidden @ output_weights


def read_npz(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def read_run(directory):
    """Everything a finished run left, but its report."""
    directory = Path(directory)
    snapshots = read_npz(directory / "snapshots.npz")
    spectra = directory / "spectra.npz"
    return Run(
        scenario=tomllib.loads((directory / "scenario.toml").read_text()),
        trace=pd.read_csv(directory / "trace.csv"),
        dataset=read_npz(directory / "dataset.npz"),
        steps=snapshots["step"],
        parameters=snapshots["parameters"],
        spectra=read_npz(spectra) if spectra.exists() else {},
    )


def read_sweep(directory):
    """A collected sweep's table, a row a run."""
    return pd.read_csv(Path(directory) / "table.csv")


def signed_position(position):
    """Position from its minimum, negative where the animal moves towards lower values."""
    velocity = np.diff(position)
    velocity = np.concatenate([velocity[:1], velocity])
    return (position - position.min()) * np.sign(velocity)


def rate_maps(hidden, position, bins=100):
    """Rate maps (bins, units) and occupancy (bins,); bins never visited are 0."""
    signed = signed_position(position)
    edges = np.linspace(signed.min(), signed.max(), bins + 1)
    index = np.clip(np.searchsorted(edges, signed, side="right") - 1, 0, bins - 1)
    frames = np.bincount(index, minlength=bins)
    sums = np.zeros((bins, hidden.shape[1]))
    np.add.at(sums, index, hidden)
    return sums / np.maximum(frames, 1)[:, None], frames / frames.sum()


def spatial_information(maps, occupancy):
    """Bits per spike, a value a unit; 0 for a silent unit."""
    mean = occupancy @ maps
    ratio = np.divide(maps, mean, out=np.zeros_like(maps), where=mean > 0)
    return occupancy @ (ratio * np.log2(ratio, out=np.zeros_like(ratio), where=ratio > 0))


def recomputed(run):
    """The trace's columns, from the snapshots alone."""
    rows = []
    for snapshot, step in enumerate(run.steps):
        hidden, outputs = run.forward(snapshot)
        row = {
            "step": step,
            "loss": np.mean((outputs - run.dataset["targets"]) ** 2),
            "active_fraction": np.mean(hidden > 0),
            "fraction_active_units": np.mean((hidden > 0).any(axis=0)),
        }
        if "position" in run.dataset:
            measures = run.scenario["measures"]
            bits = spatial_information(*rate_maps(hidden, run.dataset["position"], measures["bins"]))
            place = bits > measures["place_threshold"]
            row["mean_spatial_information"] = bits[place].mean() if place.any() else np.nan
            row["place_units"] = place.sum()
        rows.append(row)
    return pd.DataFrame(rows)


def check(run):
    """Raises where the trace is not what the snapshots say; returns how many values agree."""
    again, trace = recomputed(run), run.trace.set_index("step")
    trace = trace.loc[again["step"]].reset_index()
    compared = 0
    for column in again.columns:
        np.testing.assert_allclose(again[column], trace[column], rtol=1e-9, atol=1e-12, err_msg=column)
        compared += len(again)
    if "eigenvalues" in run.spectra:  # of the exact Hessian; its Gauss-Newton part has another name
        rows = trace.set_index("step").loc[run.spectra["step"], "hessian_max"]
        np.testing.assert_allclose(run.spectra["eigenvalues"].max(axis=1), rows, rtol=1e-9)
        compared += len(rows)
    return compared


def draw_run(run, path):
    """Sparsity and information over training, and the rate maps of the last snapshot."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with_maps = "position" in run.dataset
    figure, axes = plt.subplots(1, 2 + with_maps, figsize=(4 * (2 + with_maps), 3.4), layout="constrained")
    later = run.trace[run.trace["step"] > 0]
    axes[0].semilogx(later["step"], later["log10_normalised_loss"])
    axes[0].set(xlabel="step", ylabel="log10 normalised loss")
    axes[1].semilogx(later["step"], later["active_fraction"], label="active fraction")
    axes[1].semilogx(later["step"], later["fraction_active_units"], label="fraction of active units")
    axes[1].set(xlabel="step", ylim=(0, 1))
    axes[1].legend()
    if with_maps:
        hidden, _ = run.forward(-1)
        maps, occupancy = rate_maps(hidden, run.dataset["position"], run.scenario["measures"]["bins"])
        maps = maps[:, spatial_information(maps, occupancy) > run.scenario["measures"]["place_threshold"]]
        order = np.argsort(maps.argmax(axis=0), kind="stable")
        axes[2].imshow((maps / maps.max(axis=0)).T[order], aspect="auto", cmap="viridis", interpolation="nearest")
        axes[2].set(xlabel="bin of position, by direction", ylabel="place unit, by peak")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_sweep(table, path):
    """The rate at which units fall silent against the size of the noise."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    done = table[table["outcome"] == "completed"]
    figure, axes = plt.subplots(figsize=(4.5, 3.4), layout="constrained")
    for group, runs in done.groupby("group"):
        axes.scatter(runs["update_noise"], runs["final_active"] / runs["initial_active"], label=group)
    axes.set(xlabel="standard deviation of update noise", ylabel="active fraction, end / start", xscale="log")
    axes.legend()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", help="directory of a run")
    parser.add_argument("--sweep", help="directory of a collected sweep, instead of a run")
    parser.add_argument("--check", action="store_true", help="recompute the trace from the snapshots")
    parser.add_argument("--figure", help="where to save a figure")
    arguments = parser.parse_args()
    if (arguments.run is None) == (arguments.sweep is None):
        parser.error("give a run's directory, or --sweep and a sweep's")
    if arguments.sweep:
        table = read_sweep(arguments.sweep)
        print(table[["run", "group", "outcome", "update_noise", "initial_active", "final_active"]].to_string(index=False))
        if arguments.figure:
            draw_sweep(table, arguments.figure)
        return
    run = read_run(arguments.run)
    print(f"{run.hidden_units} units, {len(run.steps)} snapshots of {run.parameters.shape[1]} parameters")
    print(run.trace.tail(3).to_string(index=False))
    if arguments.check:
        print(f"{check(run)} values recomputed, all as in the trace")
    if arguments.figure:
        draw_run(run, arguments.figure)


if __name__ == "__main__":
    sys.exit(main())
