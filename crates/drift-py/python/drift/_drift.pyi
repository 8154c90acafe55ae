"""The library; `drift` and `drift.metrics` are what to import."""

import os
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metrics.activity import SparseActivity

@final
class Hessian:
    """The exact Hessian of the loss at one point (parameters × parameters), kept as its factors: no
    matrix of that size is formed unless `dense` asks for it. `Network.hessian` makes it.
    """

    def dense(self) -> NDArray[np.float64]:
        """The whole matrix.

        Returns
        -------
        array (parameters, parameters)
        """
    def eigenvalues(self, *, gauss_newton: bool = ...) -> NDArray[np.float64]:
        """All eigenvalues, ascending, with exact zeros for directions that cannot matter. With several
        hidden layers, or another activation function than the ReLU, the time grows as the cube of the
        number of parameters of living units, which may be 20 000.

        Parameters
        ----------
        gauss_newton : bool, optional
            Of the Gauss–Newton part alone, which has no negative eigenvalue. Default: False.

        Returns
        -------
        array (parameters)
        """
    def largest(self, count: int = ..., *, which: str = ..., steps: int = ..., tolerance: float = ..., seed: int | np.random.Generator | None = ...) -> tuple[Any, ...]:
        """The outermost eigenvalues with their eigenvectors, by Lanczos iteration.

        Parameters
        ----------
        count : int, optional
            How many. Default: 1.
        which : str, optional
            "largest" (default) or "magnitude".
        steps : int, optional
            Most products of one iteration. Default: 300.
        tolerance : float, optional
            Residual relative to the largest eigenvalue. Default: 1e-10.
        seed : int or numpy.random.Generator, optional
            Of the vector that it starts from.

        Returns
        -------
        tuple
            Eigenvalues (count), and unit eigenvectors in the columns (parameters, count).
        """
    def product(self, vector: ArrayLike) -> NDArray[np.float64]:
        """The product with a vector, at about the cost of two gradients.

        Parameters
        ----------
        vector : array (parameters)

        Returns
        -------
        array (parameters)
        """
    @property
    def size(self) -> int:
        """(int) Side of the matrix: the number of parameters."""
    def trace(self) -> float:
        """The trace, exact.

        Returns
        -------
        float
        """

@final
class Moment:
    """A sampling point as a measure sees it."""

    @property
    def hidden(self) -> NDArray[Any] | None:
        """(samples, units) Hidden activity on the clean data; None where a parameter is not finite."""
    @property
    def network(self) -> Network | None:
        """(Network or None) The network; None where a parameter is not finite."""
    @property
    def sample(self) -> dict[str, Any]:
        """(dict) The measures taken before, None where there is no value."""
    @property
    def step(self) -> int:
        """(int) Updates done."""

@final
class Network:
    """A network with one hidden layer or several: hidden = f(X Mᵀ + b), for each layer above
    hidden = f(hidden below Wᵀ + b), output = hidden Nᵀ. It does not change; `with_parameters` makes
    another of the same shape.

    Parameters
    ----------
    input_weights : array (units, inputs) or list of array (units, units below)
        M; of several hidden layers a list of their weights, from the inputs up.
    bias : array (units) or list of array (units)
        b; of several hidden layers a list.
    output_weights : array (outputs, units)
        N, of the last hidden layer.
    activation : str or dict, optional
        "relu" (default), "leaky_relu", "softplus" or "tanh", or with its number, such as
        {"leaky_relu": {"slope": 0.1}}.
    """

    def __new__(cls, input_weights: ArrayLike | Sequence[ArrayLike], bias: ArrayLike | Sequence[ArrayLike], output_weights: ArrayLike, *, activation: str | dict[str, Any] | None = ...) -> Network: ...
    @property
    def activation(self) -> str:
        """(str) The activation function of the hidden units."""
    @property
    def bias(self) -> NDArray[Any]:
        """(units) Biases b of the first hidden layer."""
    @property
    def biases(self) -> list[NDArray[Any]]:
        """(list of (units)) Biases of each hidden layer, from the inputs up."""
    def forward(self, inputs: ArrayLike) -> tuple[Any, ...]:
        """Hidden activity and outputs.

        Parameters
        ----------
        inputs : array (samples, inputs)

        Returns
        -------
        tuple
            Arrays (samples, units), the layers side by side, and (samples, outputs).
        """
    def gradient(self, inputs: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
        """The gradient of the loss, in the order of `parameters`.

        Parameters
        ----------
        inputs : array (samples, inputs)
        targets : array (samples, outputs)

        Returns
        -------
        array (parameters)
        """
    def hessian(self, inputs: ArrayLike, targets: ArrayLike) -> Hessian:
        """The Hessian of the loss at these parameters.

        Parameters
        ----------
        inputs : array (samples, inputs)
        targets : array (samples, outputs)

        Returns
        -------
        Hessian
        """
    def hidden(self, inputs: ArrayLike, *, layer: int | None = ...) -> NDArray[np.float64]:
        """Hidden activity.

        Parameters
        ----------
        inputs : array (samples, inputs)
        layer : int, optional
            Of one hidden layer; 0 reads the inputs. Default: of all, side by side.

        Returns
        -------
        array (samples, units)
        """
    @staticmethod
    def initialize(inputs: int, hidden: int | Sequence[int], outputs: int, *, regime: str = ..., seed: int | np.random.Generator | None = ..., activation: str | dict[str, Any] | None = ...) -> Network:
        """A network of random weights, as runs start from.

        Parameters
        ----------
        inputs : int
        hidden : int or list of int
            Units; of several hidden layers a list, from the inputs up.
        outputs : int
        regime : str, optional
            "lazy" (default) or "rich": how the output weights start.
        seed : int or numpy.random.Generator, optional
        activation : str or dict, optional

        Returns
        -------
        Network
        """
    @property
    def input_weights(self) -> NDArray[Any]:
        """(units, inputs) Input weights M: those of the first hidden layer."""
    def loss(self, inputs: ArrayLike, targets: ArrayLike) -> float:
        """The loss: the mean over samples and outputs of (output − target)².

        Parameters
        ----------
        inputs : array (samples, inputs)
        targets : array (samples, outputs)

        Returns
        -------
        float
        """
    def loss_gradient(self, inputs: ArrayLike, targets: ArrayLike) -> tuple[Any, ...]:
        """The loss and its gradient, by one pass.

        Parameters
        ----------
        inputs : array (samples, inputs)
        targets : array (samples, outputs)

        Returns
        -------
        tuple
            The loss, and an array (parameters).
        """
    def normalised_loss(self, inputs: ArrayLike, targets: ArrayLike) -> float:
        """The loss divided by the variance of the targets.

        Parameters
        ----------
        inputs : array (samples, inputs)
        targets : array (samples, outputs)

        Returns
        -------
        float
        """
    @property
    def output_weights(self) -> NDArray[Any]:
        """(outputs, units) Output weights N, of the last hidden layer."""
    @property
    def parameters(self) -> NDArray[Any]:
        """(parameters) All parameters: the weights of all units of the first hidden layer for the first
        input, for the second, …, the biases; the same for each layer above; the output weights of all
        units to the first output, ….
        """
    @property
    def shape(self) -> tuple[Any, ...]:
        """(tuple) Inputs, hidden units and outputs, as `initialize` takes them: of several hidden layers
        the units are a list, from the inputs up.
        """
    def to_dict(self) -> dict[str, Any]:
        """All attributes by name.

        Returns
        -------
        dict
        """
    def to_xarray(self) -> Any:
        """All attributes that are numbers or arrays, with named axes. Needs xarray.

        Returns
        -------
        xarray.Dataset
        """
    @property
    def weights(self) -> list[NDArray[Any]]:
        """(list of (units, units below)) Weights of each hidden layer, from the inputs up."""
    def with_parameters(self, parameters: ArrayLike) -> Network:
        """The same network with other parameters.

        Parameters
        ----------
        parameters : array (parameters)
            As `parameters` gives them.

        Returns
        -------
        Network
        """

@final
class Parts:
    """Learning rules, noises, measures and systems written in Python. Scenarios name them as they name
    ours, and `drift.run(…, parts=parts)` runs them in the engine.

    A step then costs a call into Python, about 5 to 50 µs, where ours cost 1 to 100 µs by the size of
    the network; `spent` says how much it was.
    """

    def __new__(cls) -> Parts: ...
    def measure(self, name: str, function: Callable[..., Any], columns: Sequence[str] | None = ...) -> None:
        """Adds a measure of trained networks: `function(moment, **settings)` returns a number, a
        sequence with one a column, or None. A scenario asks for it by `measures__own__NAME={}`.

        Parameters
        ----------
        name : str
        function : callable
            Of a `Moment`: step, network, hidden (samples, units), sample.
        columns : sequence of str, optional
            Columns of the trace. Default: the name.
        """
    def noise(self, name: str, make: Callable[..., Any]) -> None:
        """Adds a noise: `make(**settings)` makes an object with `sample(values, rng)`, which returns a
        deviate to be added to each value, and `variance`, a number. All draws come from `rng`, a
        `numpy.random.Generator` that follows from the run's seed.

        Parameters
        ----------
        name : str
        make : callable
        """
    def rule(self, name: str, make: Callable[..., Any]) -> None:
        """Adds a learning rule: `make(parameters, **settings)` makes an object with
        `step(parameters, gradient, loss)`, which returns the new parameters. Where `step` has an
        argument `rng`, it gets a `numpy.random.Generator` that follows from the run's seed.

        What it keeps between steps stands in `memory`, a list of arrays with an entry a parameter,
        and `numbers`, a list of numbers: these are saved, resumed, and reordered with the units.

        Parameters
        ----------
        name : str
        make : callable
        """
    @property
    def spent(self) -> tuple[int, float]:
        """(int, float) Calls into Python from the engine so far, and seconds spent in them."""
    def system(self, name: str, make: Callable[..., Any]) -> None:
        """Adds a system that needs no network: `make(seed, **settings)` makes an object with `columns`
        (names, or a dictionary of name to meaning), `step()`, which returns the number that
        progress shows, and `sample()`, which returns a dictionary of numbers. Its state is its
        attributes, or what `state()` returns and `restore(state)` takes. A scenario names it as its
        task.

        Parameters
        ----------
        name : str
        make : callable
        """

@final
class Record:
    """The record of a run; `drift.Run` is made of it.

    Parameters
    ----------
    directory : path
    parts : Parts, optional
    """

    def __new__(cls, directory: str | os.PathLike[str], parts: Parts | None = ...) -> Record: ...
    def dataset(self) -> Any: ...
    def hidden(self, step: Any = ...) -> Any: ...
    def network(self, step: Any = ...) -> Any: ...
    def outcome(self) -> Any: ...
    def rate_maps(self, step: Any = ..., environment: Any = ...) -> Any: ...
    def report(self) -> Any: ...
    def scenario(self) -> Any: ...
    def series(self, name: Any) -> Any: ...
    def trace(self) -> Any: ...

@final
class Recording:
    """A recording of one animal in one environment over sessions. `drift.load` reads it."""

    def __len__(self) -> int: ...
    @property
    def format(self) -> str:
        """(str) The format that it came from."""
    @property
    def notes(self) -> list[str]:
        """(list of str) What was done on reading that one should know."""
    def registration(self) -> list[NDArray[np.int64]] | None:
        """For each session the column of every registered cell, -1 where it was not found; None
        without a registration.

        Returns
        -------
        list of array (cells) of int or None
        """
    @property
    def sessions(self) -> list[Session]:
        """(list of Session) The sessions in the order of time."""
    @property
    def subject(self) -> str | None:
        """(str or None) The animal."""
    def to_dict(self) -> dict[str, Any]:
        """All attributes by name.

        Returns
        -------
        dict
        """
    def to_xarray(self) -> Any:
        """All attributes that are numbers or arrays, with named axes. Needs xarray.

        Returns
        -------
        xarray.Dataset
        """

@final
class Session:
    """One session of a recording."""

    def activity(self) -> NDArray[np.float64]:
        """Activity of each sample.

        Returns
        -------
        array (samples, cells)
        """
    @property
    def cells(self) -> list[str]:
        """(list of str) The cells, in the order of the activity's columns."""
    @property
    def day(self) -> float | None:
        """(float or None) Its day."""
    @property
    def durations(self) -> NDArray[Any] | None:
        """(samples) Seconds of each sample; None without samples."""
    @property
    def environment(self) -> str | None:
        """(str or None) The environment."""
    @property
    def label(self) -> str:
        """(str) Its name."""
    @property
    def mean_rates(self) -> NDArray[Any]:
        """(cells) Mean rate, Hz."""
    @property
    def notes(self) -> list[str]:
        """(list of str) What was done on reading that one should know."""
    @property
    def position(self) -> NDArray[Any] | None:
        """(samples, axes) Position, cm, with one axis or two; None without one."""
    @property
    def samples(self) -> int:
        """(int) Number of samples."""
    def sparse_activity(self) -> SparseActivity:
        """Activity of each sample, sparse; rates as the spikes expected.

        Returns
        -------
        SparseActivity
        """
    @property
    def speed(self) -> NDArray[Any] | None:
        """(samples) Speed, cm/s; None where it is not known."""
    def spike_times(self) -> list[NDArray[np.float64]] | None:
        """Spike times of each cell, s, where the recording has them.

        Returns
        -------
        list of array (spikes) or None
        """
    @property
    def time(self) -> NDArray[Any] | None:
        """(samples) Time of each sample, s; None without a trajectory."""
    def to_dict(self) -> dict[str, Any]:
        """All attributes by name.

        Returns
        -------
        dict
        """
    def to_xarray(self) -> Any:
        """All attributes that are numbers or arrays, with named axes. Needs xarray.

        Returns
        -------
        xarray.Dataset
        """

@final
class Simulation:
    """A run in memory, made step by step.

    Parameters
    ----------
    scenario : str
        A preset, a file ending in .toml or .json, or TOML text.
    steps : int, optional
    seed : int, optional
    parts : Parts, optional
        Parts written in Python.
    **fields
        Fields of the scenario: `network__hidden=50` is the field `network.hidden`.
    """

    def __new__(cls, scenario: str, *, steps: int | None = ..., seed: int | None = ..., parts: Parts | None = ..., **fields: Any) -> Simulation: ...
    @property
    def dataset(self) -> dict[str, Any] | None:
        """(dict or None) The data set; None where no network learns one."""
    @property
    def hidden(self) -> NDArray[Any] | None:
        """(samples, units) Hidden activity on the clean data, as it is now; None as `network`."""
    @property
    def network(self) -> Network | None:
        """(Network or None) The network as it is now; None where no network learns or a parameter is
        not finite.
        """
    def run(self, step: int | None = ...) -> str | None:
        """Runs until so many steps are done, with the samples up to then. Ctrl-C stops it between
        steps, and it can go on.

        Parameters
        ----------
        step : int, optional
            Default: the end.

        Returns
        -------
        str or None
            How the run ended, if it has.
        """
    @property
    def scenario(self) -> str:
        """(str) The whole scenario as TOML."""
    def step(self, count: int = ...) -> float:
        """Makes steps; nothing is measured or checked.

        Parameters
        ----------
        count : int, optional
            How many. Default: 1.

        Returns
        -------
        float
            The loss before the last step, on its data; NaN without a step.
        """
    @property
    def steps_done(self) -> int:
        """(int) Steps done."""
    @property
    def trace(self) -> dict[str, Any]:
        """(dict) The samples taken so far, an array a column."""

def classify(curves: Any, measures: Any = ...) -> Any:
    """The probabilities of the rules that may have made a drift."""

def command(arguments: Any, parts: Any = ...) -> Any:
    """A command of the program, with Ctrl-C listened to; returns what it would print."""

def load_recordings(arguments: Any) -> Any:
    """Recordings from the arguments of `drift analyze`."""

def presets_by_name() -> dict[str, Any]:
    """Presets by name, each with what it is.

    Returns
    -------
    dict
    """

def resume_in(directory: Any, parts: Any = ..., progress: Any = ...) -> Any:
    """Goes on with the run in a directory."""

def run_in(name: Any, directory: Any, steps: Any = ..., seed: Any = ..., fields: Any = ..., parts: Any = ..., progress: Any = ...) -> Any:
    """Runs a scenario in a directory; returns how it ended, and notes."""

def scenario_text(name: str, steps: int | None = ..., seed: int | None = ..., fields: dict[str, Any] | None = ..., parts: Parts | None = ...) -> str:
    """The whole scenario as TOML, defaults written out.

    Parameters
    ----------
    name : str
        A preset, a file ending in .toml or .json, or TOML text.
    steps : int, optional
    seed : int, optional
    fields : dict, optional
    parts : Parts, optional

    Returns
    -------
    str
    """

def sweep_in(name: Any, directory: Any, jobs: Any = ..., shard: Any = ..., many: Any = ..., parts: Any = ..., progress: Any = ...) -> Any:
    """Runs a sweep, or a shard of it; returns how many runs are finished, and of how many."""

def sweeps_by_name() -> Any:
    """Sweep presets by name, each with what it is."""
