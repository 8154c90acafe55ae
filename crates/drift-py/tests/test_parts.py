"""Parts written in Python, run by the engine."""

import _thread
import threading

import drift
import numpy as np
import pandas
import pytest


class Momentum:
    """Gradient descent with momentum."""

    def __init__(self, parameters, learning_rate=0.05, decay=0.9):
        self.rate, self.decay = learning_rate, decay
        self.memory = [np.zeros(parameters)]
        self.numbers = [0.0]

    def step(self, parameters, gradient, loss):
        self.numbers[0] += 1.0
        self.memory[0] = self.decay * self.memory[0] + gradient
        return parameters - self.rate * self.memory[0]


class Descent:
    """What `sgd` does."""

    def __init__(self, parameters, learning_rate):
        self.rate = learning_rate

    def step(self, parameters, gradient, loss):
        return parameters - self.rate * gradient


class Laplace:
    """Double-exponential noise."""

    def __init__(self, scale):
        self.scale, self.variance = scale, 2 * scale**2

    def sample(self, values, rng):
        return rng.laplace(scale=self.scale, size=len(values))


class Walk:
    """A random walk."""

    columns = {"x": "the place", "distance": "from the start"}

    def __init__(self, seed, scale=1.0):
        self.rng = np.random.default_rng(seed)
        self.scale, self.x = scale, 0.0

    def step(self):
        self.x += self.scale * self.rng.normal()
        return abs(self.x)

    def sample(self):
        return {"x": self.x, "distance": abs(self.x)}


def active_units(moment, above=0.0):
    return float((moment.hidden > above).any(axis=0).sum())


@pytest.fixture
def parts():
    parts = drift.Parts()
    parts.rule("momentum", Momentum)
    parts.rule("descent", Descent)
    parts.noise("laplace", Laplace)
    parts.measure("active", active_units)
    parts.measure("ends", lambda moment: (moment.step, None), columns=["first", "second"])
    parts.system("walk", Walk)
    return parts


BASE = "task = 'random'\nseed = 3\nsteps = {steps}\nnetwork.hidden = 16\n{more}"


def scenario(steps=40, more=""):
    return BASE.format(steps=steps, more=more)


def test_a_rule_of_ours_written_in_python_does_the_same(parts):
    ours = drift.run(scenario(more="rule.sgd.learning_rate = 0.05"), progress=False)
    own = drift.run(scenario(more="rule.descent.learning_rate = 0.05"), parts=parts, progress=False)
    # The kernel multiplies and adds with one rounding, NumPy with two.
    np.testing.assert_allclose(
        own.network().parameters, ours.network().parameters, rtol=1e-9, atol=1e-12
    )
    assert any("µs each" in note for note in own.notes)
    calls, seconds = parts.spent
    assert calls > 40 and seconds > 0


def test_noise_and_measure(parts):
    more = (
        "noise.label.laplace.scale = 0.1\n[measures.own.active]\nabove = 0.1\n[measures.own.ends]"
    )
    run = drift.run(scenario(more=more), parts=parts, progress=False)
    hidden = run.hidden()
    assert run.trace["active"].iloc[-1] == (hidden > 0.1).any(axis=0).sum()
    assert list(run.trace["first"]) == list(run.trace["step"])
    assert run.trace["second"].isna().all()
    again = drift.run(scenario(more=more), parts=parts, progress=False)
    pandas.testing.assert_frame_equal(run.trace, again.trace)
    other = drift.run(scenario(more=more.replace("0.1\n[", "0.2\n[")), parts=parts, progress=False)
    assert other.trace["loss"].iloc[-1] != run.trace["loss"].iloc[-1]


def test_a_system(parts):
    text = "task.walk.scale = 2.0\nseed = 5\nsteps = 30\nsampling.linear.samples = 4"
    run = drift.run(text, parts=parts, progress=False)
    walk = Walk(5, 2.0)
    expected = [walk.sample()["x"]]
    for step in range(30):
        walk.step()
        if (step + 1) % 10 == 0:
            expected.append(walk.x)
    assert list(run.trace["x"]) == expected
    simulation = drift.Simulation(text, parts=parts)
    simulation.step(10)
    assert simulation.steps_done == 10
    simulation.run()
    assert simulation.trace["x"][-1] == expected[-1]


def test_a_sweep_of_parts_has_a_report(parts, tmp_path):
    text = """
name = "own"
[[group]]
name = "only"
preset = "random-sgd"
set = { steps = 40, network = { hidden = 10 }, noise = { label = { laplace = { scale = 0.1 } } } }
vary = { seed = { grid = [1, 2] } }
"""
    swept = drift.sweep(text, out=tmp_path / "sweep", jobs=1, parts=parts, progress=False)
    assert (swept.finished, swept.total) == (2, 2)
    assert swept.report().exists()


@pytest.mark.parametrize(
    "text",
    [
        scenario(steps=4000, more="rule.momentum.decay = 0.5\ncheckpoint.steps = 500"),
        "task.walk.scale = 2.0\nseed = 5\nsteps = 40000\nsampling.linear.samples = 4",
    ],
)
def test_stopped_and_resumed_to_the_same_bits(parts, tmp_path, text):
    timer = threading.Timer(0.15, _thread.interrupt_main)
    timer.start()
    try:
        run = drift.run(text, out=tmp_path / "run", parts=parts, progress=False)
    except drift.Interrupted as stopped:
        assert stopped.run.outcome is None
        run = drift.resume(tmp_path / "run", parts=parts, progress=False)
    timer.cancel()
    whole = drift.run(text, parts=parts, progress=False)
    pandas.testing.assert_frame_equal(run.trace, whole.trace)


def test_what_a_part_raises_comes_out_and_nothing_wrong_is_kept(tmp_path):
    class Fails(Descent):
        def step(self, parameters, gradient, loss):
            if broken and loss < 10.0:
                raise ZeroDivisionError("in the rule")
            return super().step(parameters, gradient, loss)

    parts = drift.Parts()
    parts.rule("fails", Fails)
    text = scenario(more="rule.fails.learning_rate = 0.05")
    broken = True
    with pytest.raises(ZeroDivisionError, match="in the rule"):
        drift.run(text, out=tmp_path / "run", parts=parts, progress=False)
    broken = False
    run = drift.resume(tmp_path / "run", parts=parts, progress=False)
    whole = drift.run(text, parts=parts, progress=False)
    pandas.testing.assert_frame_equal(run.trace, whole.trace)


def test_wrong_parts_are_refused(parts):
    with pytest.raises(ValueError, match="name of its own"):
        parts.rule("momentum", Momentum)
    with pytest.raises(ValueError, match="no name of ours"):
        parts.noise("gaussian", Laplace)
    with pytest.raises(TypeError):
        drift.run(scenario(more="rule.descent.rate = 1"), parts=parts, progress=False)
    short = drift.Parts()
    short.rule("short", lambda parameters: type("R", (), {"step": lambda *_: [1.0]})())
    with pytest.raises(ValueError, match="returned 1 numbers"):
        drift.run(scenario(more="[rule.short]"), parts=short, progress=False)
    short.system(
        "odd",
        lambda seed: type(
            "S", (), {"columns": ["a"], "step": lambda self: 0.0, "sample": lambda self: {"b": 1.0}}
        )(),
    )
    with pytest.raises(ValueError, match="'b'|\"b\""):
        drift.run("task.odd = {}\nsteps = 3", parts=short, progress=False)
