"""Runs, records, sweeps."""

import _thread
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import drift
import numpy as np
import pandas
import pytest
from drift import metrics


def test_a_run_has_all_that_it_recorded(small):
    trace = small.trace
    assert isinstance(trace, pandas.DataFrame)
    assert trace["step"].iloc[-1] == 400
    assert trace["loss"].iloc[-1] < trace["loss"].iloc[0]
    steps, parameters = small.snapshots
    assert list(steps) == list(trace["step"])
    network = small.network()
    assert np.array_equal(parameters[-1], network.parameters)
    data = small.dataset
    hidden = small.hidden()
    assert np.array_equal(hidden, network.hidden(data["inputs"]))
    loss = network.loss(data["inputs"], data["targets"])
    assert trace["loss"].iloc[-1] == pytest.approx(loss, rel=1e-12)
    assert trace["active_fraction"].iloc[-1] == metrics.active_fraction(hidden)
    expected = metrics.paper.rate_map(data["position"], hidden)
    found = small.rate_maps()
    assert np.array_equal(found.rates, expected.rates)
    early = int(steps[1])
    assert not np.array_equal(small.rate_maps(early).rates, found.rates)
    assert small.outcome == "completed 400 steps"
    at, eigenvalues = small.spectra
    hessian = small.network(int(at[-1])).hessian(data["inputs"], data["targets"])
    np.testing.assert_allclose(eigenvalues[-1], hessian.eigenvalues(), atol=1e-10)


def test_the_report_is_a_page(small):
    page = small.report()
    assert page.name == "report.html" and "<svg" in page.read_text()


def test_a_step_that_was_not_sampled_is_refused(small):
    with pytest.raises(ValueError, match="next to it: 4 and"):
        small.rate_maps(5)
    with pytest.raises(ValueError, match="environment is 1"):
        small.rate_maps(environment=1)


def test_presets_and_fields():
    assert "figure2" in drift.presets()
    assert "hidden" in drift.preset("figure2")
    gaussian = {"gaussian": {"standard_deviation": 0.02}}
    fields = {"noise__update__distribution": gaussian, "network__hidden": 10}
    run = drift.run("figure2", steps=20, seed=5, progress=False, **fields)
    assert "standard_deviation = 0.02" in run.scenario and "seed = 5" in run.scenario
    again = drift.run(run.scenario, progress=False)
    pandas.testing.assert_frame_equal(run.trace, again.trace)


def test_depth_noise_batches_and_decay_are_fields():
    fields = {
        "network__hidden": [12, 8],
        "noise__activity__after": 0.1,
        "noise__activity__before": [0.05, 0.0],
        "noise__dropout__probability": 0.2,
        "noise__dropout__masks": "per_batch",
        "noise__weight__distribution": {"proportional": {"standard_deviation": 0.001}},
        "noise__weight__biases": False,
        "batch__size": 4,
        "decay__rate": 0.001,
        "decay__kind": "decoupled",
    }
    # A keyword takes the default of all others of its table along.
    run = drift.run("random-sgd", steps=30, seed=2, progress=False, **fields)
    assert run.outcome == "completed 30 steps"
    for line in ("hidden = [12, 8]", "after = 0.1", "size = 4", 'kind = "decoupled"'):
        assert line in run.scenario, run.scenario
    network = run.network()
    assert network.shape[1] == [12, 8]
    inputs = run.dataset["inputs"]
    assert run.hidden().shape == (len(inputs), 20)
    assert np.array_equal(run.hidden()[:, 12:], network.hidden(inputs, layer=1))
    again = drift.run(run.scenario, progress=False)
    assert np.array_equal(again.network().parameters, network.parameters)
    # Each of them changes the course.
    each = ("noise__activity__after", "noise__dropout__probability", "batch__size", "decay__rate")
    for left_out in each:
        others = {name: value for name, value in fields.items() if name != left_out}
        if left_out == "decay__rate":
            del others["decay__kind"]
        other = drift.run("random-sgd", steps=30, seed=2, progress=False, **others)
        assert not np.array_equal(other.network().parameters, network.parameters), left_out
    with pytest.raises(ValueError, match="noise.dropout.probability"):
        drift.run("random-sgd", steps=5, progress=False, noise__dropout__probability=1.0)
    with pytest.raises(ValueError, match="noise.activity.after"):
        drift.run("random-sgd", steps=5, progress=False, noise__activity__after=[0.1, 0.2])


def test_the_library_says_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="figure2"):
        drift.run("figur2", progress=False)
    with pytest.raises(ValueError, match="hidden"):
        drift.run("figure2", progress=False, network__hiden=3)
    with pytest.raises(ValueError, match="expected"):
        drift.run("figure2", progress=False, network__hidden=0)
    with pytest.raises(FileNotFoundError, match="no.toml"):
        drift.run(str(tmp_path / "no.toml"), progress=False)
    with pytest.raises(OSError):
        drift.read(tmp_path / "nothing")
    drift.run("random-sgd-update", steps=5, out=tmp_path / "run", progress=False)
    with pytest.raises(ValueError, match="already holds"):
        drift.run("random-sgd-update", steps=5, out=tmp_path / "run", progress=False)


def test_a_simulation_by_hand_is_the_run(small):
    fields = {"network__hidden": 20, "spectrum__samples": 3, "spectrum__kind": "exact"}
    simulation = drift.Simulation("figure2", steps=400, seed=1, **fields)
    assert simulation.run(150) is None
    assert simulation.steps_done == 150
    assert simulation.step() > 0
    assert simulation.run() == "completed 400 steps"
    assert np.array_equal(simulation.network.parameters, small.network().parameters)
    assert np.array_equal(simulation.dataset["inputs"], small.dataset["inputs"])
    assert np.array_equal(simulation.hidden, small.hidden())
    assert simulation.trace["loss"][-1] == small.trace["loss"].iloc[-1]


def interrupted(tmp_path, after):
    timer = threading.Timer(after, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(drift.Interrupted) as caught:
            drift.run("figure2", steps=10_000_000, out=tmp_path / "long", progress=False)
    finally:
        timer.cancel()
    return caught.value


def test_interruption_keeps_all_and_resumes_to_the_same_bits(tmp_path):
    fields = {"network__hidden": 20, "sampling__linear__samples": 3}
    stopped = interrupted(tmp_path, 0.4)
    assert isinstance(stopped, KeyboardInterrupt)
    assert "drift.resume" in str(stopped)
    assert stopped.run.outcome is None
    assert len(stopped.run.trace) > 0
    # A run that takes long enough to be stopped in its middle, and then goes on.
    out = tmp_path / "short"
    timer = threading.Timer(0.05, _thread.interrupt_main)
    timer.start()
    try:
        run = drift.run("figure2", steps=3000, seed=2, out=out, progress=False, **fields)
    except drift.Interrupted:
        run = drift.resume(out, progress=False)
    timer.cancel()
    whole = drift.run("figure2", steps=3000, seed=2, progress=False, **fields)
    assert run.outcome == whole.outcome == "completed 3000 steps"
    pandas.testing.assert_frame_equal(run.trace, whole.trace)
    assert np.array_equal(run.snapshots[1], whole.snapshots[1])


def test_sigint_from_outside_ends_a_program_cleanly(tmp_path):
    program = textwrap.dedent(
        f"""
        import drift
        print("ready", flush=True)
        drift.run("figure2", steps=10**7, out={str(tmp_path / "run")!r})
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "trace.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "drift.resume" in errors
    assert drift.read(tmp_path / "run").outcome is None


def test_the_interpreter_is_free_during_a_run():
    counted = 0
    done = threading.Event()

    def count():
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        start = time.monotonic()
        drift.run("figure2", steps=1500, progress=False)
        seconds = time.monotonic() - start
    finally:
        done.set()
        thread.join()
    # A thread that sleeps a millisecond a turn gets most of its turns.
    assert counted > 100 * min(seconds, 1.0)


def test_progress_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    drift.run("figure2", steps=1500)
    shown = capsys.readouterr().err
    assert "of 1,500" in shown and "completed 1500 steps" in shown


SWEEP = """
name = "tiny"
seed = 1
[[group]]
name = "only"
preset = "random-sgd-update"
set = { steps = 40, network = { hidden = 10 } }
vary = { seed = { grid = [1, 2, 3] } }
"""


def test_a_sweep(tmp_path):
    assert drift.sweeps()
    swept = drift.sweep(SWEEP, out=tmp_path / "sweep", jobs=1, progress=False)
    assert (swept.finished, swept.total) == (3, 3)
    table = swept.table
    assert len(table) == 3
    again = drift.sweep(SWEEP, out=tmp_path / "sweep", progress=False)
    assert again.finished == 3
    assert swept.report().exists()
    with pytest.raises(ValueError, match="jobs is 0"):
        drift.sweep(SWEEP, out=tmp_path / "other", jobs=0)


WITH_REFUSED = """
name = "tiny"
[[group]]
name = "only"
preset = "random-sgd-update"
set = { steps = 40, network = { hidden = 10 } }
vary = { task = { random = { samples = { grid = [4, 5, 0] } } } }
[[group]]
name = "biases"
preset = "random-sgd"
set = { steps = 40, network = { hidden = 10 }, noise = { weight = { distribution = { proportional = { standard_deviation = 0.01 } } } } }
vary = { noise = { weight = { biases = { grid = [true, false] } } } }
"""


def test_a_sweeps_table_has_its_types_in_pandas_and_polars(tmp_path):
    polars = pytest.importorskip("polars")
    swept = drift.sweep(WITH_REFUSED, out=tmp_path / "sweep", progress=False)
    path = swept.directory / "table.csv"
    table = pandas.read_csv(path)
    frame = polars.read_csv(path, infer_schema_length=None)
    for name in ("run", "seed", "steps"):
        assert table[name].dtype == np.int64 and frame[name].dtype == polars.Int64, name
    assert list(table["outcome"]) == ["completed"] * 2 + ["failed"] + ["completed"] * 2
    # What the refused run lacks is missing: whole numbers stay whole to whoever asks.
    assert list(table["outcome_step"].isna()) == [False, False, True, False, False]
    whole = pandas.read_csv(path, dtype_backend="numpy_nullable")
    assert whole["outcome_step"].dtype == pandas.Int64Dtype()
    assert frame["outcome_step"].dtype == polars.Int64 and frame["outcome_step"].null_count() == 1
    assert table["final_active"].dtype == np.float64
    assert frame["final_active"].dtype == polars.Float64
    drawn = "noise.weight.biases"
    assert list(table[drawn].dropna()) == [True, False]
    assert frame[drawn].dtype == polars.Boolean and frame[drawn].null_count() == 3


def test_inferring_the_rule(small):
    found = drift.infer(small)
    assert isinstance(found, drift.Inferred)
    assert sum(found.values()) == pytest.approx(1.0)
    assert found.most_probable in found
    assert "rate_map_correlation" in found.measures
    assert 0 < found.typicality <= 1 and set(found.outside) <= set(found.measures)
    assert found.rule == (found.most_probable if found.typicality >= 0.05 else None)
    from_trace = drift.infer(small.trace, measures=["log10_normalised_loss"])
    assert from_trace.measures == ["log10_normalised_loss"]
    with pytest.raises(ValueError, match="unknown measure"):
        drift.infer(small, measures=["weight"])


def test_without_pandas_a_trace_is_arrays(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    trace = small.trace
    assert isinstance(trace, dict) and trace["loss"].shape == trace["step"].shape


def test_a_temporary_directory_goes_with_its_run():
    run = drift.run("random-sgd-update", steps=5, progress=False)
    directory = run.directory
    assert directory.exists()
    del run
    assert not os.path.exists(directory)
