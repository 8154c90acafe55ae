//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use drift_sim::code::{Axis, Denominator, Laboratory};

use crate::convert::ConvertArgs;
use crate::observe::ObserveArgs;
use crate::reading::ReadingArgs;

/// Simulate, measure and explain representational drift.
#[derive(Debug, Parser)]
#[command(
    name = "drift",
    version,
    about,
    max_term_width = 100,
    propagate_version = true
)]
#[command(after_help = "\
Examples:
  drift run figure2 --steps 200000
  drift run random-sgd-update --seed 3 --set network.regime=rich --spectrum 50
  drift run ring --set network.units=50
  drift resume runs/figure2-0
  drift sweep run noise-scale --out sweeps/noise --jobs 2
  drift figure 4b --out figure4b --quick
  drift observe runs/figure2-0 --out observed --signal calcium --cells 100
  drift analyze multiple-maps DATA --out analysis
  drift compare runs/figure2-0 multiple-maps DATA/C11_M1/A --out compared

Exit codes: 0 done, 1 something failed while running, 2 wrong usage, 3 the run ended because its \
loss is not finite, 128 + n stopped by signal n \
(what was computed is kept; `drift resume` goes on).")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The program's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the presets that `run` takes by name.
    #[command(after_help = "Examples:\n  drift presets\n  drift presets figure2 > mine.toml")]
    Presets {
        /// Print this preset's whole scenario as TOML instead.
        name: Option<String>,
        /// List every name, also those that are put together from parts.
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
    /// Run a scenario: a preset, or a TOML or JSON file.
    #[command(after_help = "Examples:\n  drift run figure2 --steps 200000\n  \
        drift run random-adam --seeds 3 --set network.hidden=200 --out runs/adam\n  \
        drift run mine.toml --spectrum 20")]
    Run(RunArgs),
    /// Go on with a run that was stopped or killed.
    #[command(after_help = "Example:\n  drift resume runs/figure2-0")]
    Resume {
        /// The run's directory.
        directory: PathBuf,
        /// Do not write report.html and figures.
        #[arg(long)]
        no_report: bool,
    },
    /// Write report.html and figures/*.svg of a run anew, also of one that is not finished.
    #[command(after_help = "Example:\n  drift report runs/figure2-0")]
    Report {
        /// The run's directory.
        directory: PathBuf,
    },
    /// Many runs: parameters drawn from distributions, one table.
    #[command(subcommand)]
    Sweep(SweepCommand),
    /// A figure of the paper: run what it needs, go on where it was interrupted, and draw it.
    #[command(after_help = "Examples:\n  drift figure 5c --out figure5c\n  \
        drift figure 4b --out figure4b --quick\n  \
        drift figure 3 --out figure3 --recordings multiple-maps DATA")]
    Figure(FigureArgs),
    /// A run's units as an experiment would see them, as a recording: spikes or calcium events,
    /// sessions of minutes, some of the cells, errors of identity.
    Observe(ObserveArgs),
    /// Place cells, information and drift of recordings.
    #[command(
        after_help = "Examples:\n  drift analyze multiple-maps DATA --out analysis\n  \
        drift analyze nwb animal.nwb --speed 5 --shuffles 100 --out analysis"
    )]
    Analyze(AnalyzeArgs),
    /// A run's units, exact or observed, and the cells of a recording through the same measures,
    /// side by side.
    #[command(after_help = "Example:\n  \
        drift compare runs/figure2-0 multiple-maps DATA/C11_M1/A --out compared")]
    Compare(CompareArgs),
    /// Infer from measures over time which rule made the drift: gradient descent with noise in the
    /// update, on labels or on activity, with dropout or without noise, Adam, RMSprop, SED, with
    /// probabilities, or none of these.
    #[command(after_help = "Examples:\n  drift infer runs/figure2-0\n  \
        drift infer analysis/sessions.csv\n  \
        drift infer own.csv --observed --measures active_fraction")]
    Infer {
        /// CSV with a column `step`, `time`, `day` or `session_number` and columns of measures: a
        /// run's trace.csv, the sessions.csv of an analysis; or a run's directory, whose snapshots
        /// add the rate-map correlation.
        trace: PathBuf,
        /// Use only these columns; default: all that are there.
        #[arg(long, value_name = "NAME", value_delimiter = ',')]
        measures: Vec<String>,
        /// The measures are of some cells in sessions, with the noise of estimation. Of the
        /// sessions.csv of recordings this is known.
        #[arg(long)]
        observed: bool,
    },
    /// Look into data files, and write recordings as neutral folders.
    #[command(subcommand)]
    Data(DataCommand),
    /// Print the completions of a shell.
    #[command(after_help = "Example:\n  drift completions bash > drift.bash\n\n\
        A line of ~/.bashrc: eval \"$(drift completions bash)\"")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write a manual page for every command.
    #[command(after_help = "Example:\n  drift man --out ~/.local/share/man/man1")]
    Man {
        /// Directory to write the pages into.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Arguments of `drift run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Name of a preset (`drift presets`), or a scenario file ending in .toml or .json.
    pub scenario: String,
    /// Updates to make.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Seed that all random numbers follow from.
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Runs of so many seeds, from `--seed` on, each in a directory of its own.
    #[arg(long, value_name = "N")]
    pub seeds: Option<u64>,
    /// Directory to write into; it may not hold another run.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Change a field of the scenario, e.g. `network.hidden=200`; may be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Measure the Hessian's spectrum at N times: the exact one where that takes at most half of
    /// the free memory, else its Gauss-Newton part; `--set spectrum.kind=exact` or another kind
    /// decides otherwise.
    #[arg(long, value_name = "N")]
    pub spectrum: Option<usize>,
    /// Do not write report.html and figures.
    #[arg(long)]
    pub no_report: bool,
}

/// Figures of Ratzon, Derdikman and Barak that are drawn from data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaperFigure {
    /// The task, loss, sparsity and information, rate maps and their correlation.
    #[value(name = "2")]
    Two,
    /// Recordings: place cells and information over sessions (with --recordings).
    #[value(name = "3")]
    Three,
    /// Active units over the course of many runs.
    #[value(name = "4a")]
    FourA,
    /// Sparsity and its rate against the noise.
    #[value(name = "4b")]
    FourB,
    /// Similarity matching in three phases.
    #[value(name = "4c")]
    FourC,
    /// Drift along a valley.
    #[value(name = "5a")]
    FiveA,
    /// Active units against non-zero eigenvalues.
    #[value(name = "5b")]
    FiveB,
    /// Eigenvalues of Figure 2's network at two times.
    #[value(name = "5c")]
    FiveC,
    /// Sums over the spectrum under two noises.
    #[value(name = "5d")]
    FiveD,
    /// Figure 4A by rule and noise.
    #[value(name = "s1")]
    SOne,
    /// Four quantities over time under two noises.
    #[value(name = "s2")]
    STwo,
}

/// Arguments of `drift figure`.
#[derive(Debug, Args)]
pub struct FigureArgs {
    /// The figure.
    pub figure: PaperFigure,
    /// Directory for runs, reports and figures; what is there already is not run again.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Fewer and shorter runs: minutes, and the shape alone.
    #[arg(long)]
    pub quick: bool,
    /// The recordings of figure 3, as `drift analyze` takes them.
    #[arg(long, num_args = 2, value_names = ["FORMAT", "PATH"])]
    pub recordings: Vec<String>,
}

/// The commands of `drift sweep`.
#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Run a sweep, or one shard of it; started again, it does what is missing.
    #[command(
        after_help = "Examples:\n  drift sweep run noise-scale --out sweeps/noise --jobs 2\n  \
        drift sweep run mine.toml --out sweeps/mine --shard 1/8"
    )]
    Run {
        /// Name of a sweep preset, or a TOML file.
        sweep: String,
        /// Directory of the sweep.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Runs at the same time; default: one a core.
        #[arg(long, value_name = "K")]
        jobs: Option<usize>,
        /// Do only shard I of N, 1 ≤ I ≤ N.
        #[arg(long, value_name = "I/N")]
        shard: Option<String>,
        /// Start even a sweep with very many runs.
        #[arg(long)]
        yes: bool,
    },
    /// Say how far a sweep is.
    #[command(after_help = "Example:\n  drift sweep status sweeps/noise")]
    Status {
        /// Directory of the sweep.
        directory: PathBuf,
    },
    /// Merge the shards into one table; says which runs are missing or there twice.
    #[command(after_help = "Example:\n  drift sweep collect sweeps/noise")]
    Collect {
        /// Directories with shards of one sweep.
        #[arg(required = true)]
        directories: Vec<PathBuf>,
        /// Where to write the table; default: the first directory.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Draw what the runs show.
    #[command(after_help = "Example:\n  drift sweep report sweeps/noise")]
    Report {
        /// Directory of the sweep.
        directory: PathBuf,
        /// Directory with the published tables (All.csv, All_lines.npz, SGD_update_noise.csv)
        /// to draw beside.
        #[arg(long, value_name = "DIR")]
        published: Option<PathBuf>,
    },
    /// Write and submit a Slurm job array, with the collection as a dependent job.
    #[command(after_help = "Example:\n  \
        drift sweep submit table2 --out sweeps/table2 --shards 50 --time 12:00:00")]
    Submit(SubmitArgs),
    /// List the sweeps known by name.
    #[command(
        after_help = "Examples:\n  drift sweep presets\n  drift sweep presets table2 > mine.toml"
    )]
    Presets {
        /// Print this sweep's whole file as TOML instead.
        name: Option<String>,
    },
}

/// Arguments of `drift sweep submit`.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// Name of a sweep preset, or a TOML file.
    pub sweep: String,
    /// Directory of the sweep, on a file system that all nodes see.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Tasks of the job array.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub shards: u32,
    /// Cores a task.
    #[arg(long, value_name = "K", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub cpus: u32,
    /// Time limit of a task as Slurm writes it, e.g. 12:00:00.
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// Memory of a task, e.g. 2G.
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// Partition to run in.
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Write the job scripts and print them, submit nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Submit even a sweep with very many runs.
    #[arg(long)]
    pub yes: bool,
}

/// How a folder of recordings is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Frank lab files as in hc-6 of CRCNS (spikes, pos, task, cellinfo).
    Hc6,
    /// zivlab place_cells: a spike-train and a stimulus-trace file a mouse.
    PlaceCells,
    /// zivlab multiple_maps: a folder a mouse, tracks A and B.
    MultipleMaps,
    /// zivlab cell_assemblies.
    CellAssemblies,
    /// Rate maps and a trajectory in one MAT file a session, with names of one's own.
    RateMaps,
    /// Neurodata Without Borders: units, position, epochs, ROI responses.
    Nwb,
    /// A folder with a recording.toml, as `drift data convert` writes it, or a folder of them.
    Recording,
}

/// Which recordings are measured, and how.
#[derive(Debug, Args)]
pub struct RecordingArgs {
    /// Layout of the files.
    pub format: Format,
    /// File or folder of the recordings.
    pub path: PathBuf,
    /// Shuffles for the significance of a place cell; 0 leaves it out.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub shuffles: usize,
    /// Seed of the shuffles.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Process the data as Ratzon et al. did those of this laboratory (Figure 3): speed, region,
    /// bins, directions, axis and shares; what is given besides counts more.
    #[arg(long, value_name = "NAME", value_parser = laboratory)]
    pub laboratory: Option<Laboratory>,
    /// Frames in which a cell must be active to count; default: 5.
    #[arg(long, value_name = "N")]
    pub active_frames: Option<usize>,
    /// Mean rate that an active cell must exceed, Hz.
    #[arg(long, value_name = "HZ")]
    pub min_rate: Option<f64>,
    /// Only frames with at least this speed, cm/s; default: 1 (multiple-maps), 4 (hc6).
    #[arg(long, value_name = "V")]
    pub speed: Option<f64>,
    /// Running directions: each with a map of its own, both as one signed position, or not told
    /// apart; default: apart.
    #[arg(long, value_name = "HOW")]
    pub directions: Option<DirectionsArg>,
    /// Cut every session into blocks of so many minutes.
    #[arg(long, value_name = "MINUTES")]
    pub block_minutes: Option<f64>,
    /// Only cells of this brain region.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Width of the place bins where the files hold positions only, cm; default: 4.
    #[arg(long, value_name = "CM")]
    pub bin_cm: Option<f64>,
    /// TOML file that names the variables of a rate-maps file.
    #[arg(long, value_name = "FILE")]
    pub layout: Option<PathBuf>,
    /// How the files are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// What the animals together are followed over.
#[derive(Debug, Args)]
pub struct CohortArgs {
    /// Axis of the figure over animals: day, session, exposure (environments pooled) or minutes;
    /// default: that of the laboratory, else day where all days are known, else session.
    #[arg(long, value_name = "AXIS", value_parser = axis)]
    pub axis: Option<Axis>,
    /// What shares of cells are of: tested, found or registered; default: found.
    #[arg(long = "share-of", value_name = "CELLS", value_parser = denominator)]
    pub share_of: Option<Denominator>,
    /// Add the animals (or runs) of other tables: sessions.csv or compare.csv of earlier analyses.
    #[arg(long = "with", value_name = "FILE")]
    pub with: Vec<PathBuf>,
}

fn one_of<T: Copy>(
    what: &str,
    text: &str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, String> {
    let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
    let found = all.iter().copied().find(|one| name(*one) == text);
    found.ok_or_else(|| format!("unknown {what}; choose from {}", names.join(", ")))
}

fn axis(text: &str) -> Result<Axis, String> {
    one_of("axis", text, &Axis::ALL, Axis::name)
}

fn denominator(text: &str) -> Result<Denominator, String> {
    one_of("kind of cells", text, &Denominator::ALL, Denominator::name)
}

fn laboratory(text: &str) -> Result<Laboratory, String> {
    one_of("laboratory", text, &Laboratory::ALL, Laboratory::name)
}

/// How running directions are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DirectionsArg {
    /// Each direction by itself.
    Apart,
    /// One map over position × direction.
    Signed,
    /// Not told apart.
    Together,
}

/// Arguments of `drift analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// The recordings.
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// Directory to write cells.csv, sessions.csv and the report into.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Subsamplings behind the bias correction of the information; 0 leaves it out.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub subsamplings: usize,
    /// The figure over animals.
    #[command(flatten)]
    pub cohort: CohortArgs,
}

/// Arguments of `drift compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Directory of a run whose task has positions, such as figure2, or of one that was observed
    /// (`drift observe`), which is then measured as the recordings are.
    pub run: PathBuf,
    /// The recordings.
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// Directory to write compare.csv, lags.csv and the report into.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Snapshots of the run to compare; default: as many as the longest recording has sessions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub snapshots: Option<u32>,
    /// Step of the first snapshot; default: a hundredth of the run.
    #[arg(long, value_name = "STEP")]
    pub from: Option<u64>,
    /// The figure over animals; its axis is the session unless given.
    #[command(flatten)]
    pub cohort: CohortArgs,
}

/// The commands of `drift data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Say what is in a file or folder (MAT, NWB, HDF5, NPY, NPZ, CSV, a recording folder), what
    /// would be read of it as what, and what is missing.
    #[command(after_help = "Example:\n  drift data inspect animal.nwb")]
    Inspect {
        /// The file or folder.
        file: PathBuf,
        /// How the files are read.
        #[command(flatten)]
        reading: ReadingArgs,
    },
    /// Write any recording as a neutral folder: recording.toml, CSV and NPZ.
    Convert(ConvertArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn check_examples(command: &clap::Command) {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default().replace("\\\n", " ");
        let lines = help.lines().map(str::trim);
        let examples: Vec<&str> = lines.filter(|line| line.starts_with("drift ")).collect();
        if !command.has_subcommands() {
            assert!(
                !examples.is_empty(),
                "{} has no example",
                command.get_name()
            );
        }
        for example in examples {
            let words = example.split(" > ").next().unwrap_or_default();
            if let Err(error) = Cli::try_parse_from(words.split_whitespace()) {
                panic!("{example}: {error}");
            }
        }
        command.get_subcommands().for_each(check_examples);
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        check_examples(&Cli::command());
    }
}
