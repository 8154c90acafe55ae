//! Job scripts for Slurm: one array task a shard, and the collection after them.
//!
//! A shard knows nothing of the others and finished rows survive a kill, so a task that is
//! requeued, or the whole array submitted again, does only what is missing. The collection
//! follows with `afterany`: it reports the gaps that failed tasks leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use drift_sim::engine::write_atomically;

use crate::args::SubmitArgs;
use crate::error::CliError;

/// The two job scripts of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    /// The array: one shard a task.
    pub array: String,
    /// The collection and the report.
    pub collect: String,
}

/// Quotes `text` for a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A file of a folder in a `#SBATCH` line, where quotes keep spaces and `%` begins a pattern: in
/// the file's name it is meant, in the folder's it is not.
fn pattern(folder: &Path, file: &str) -> String {
    let folder = folder.display().to_string().replace('%', "%%");
    format!("\"{folder}/{file}\"")
}

/// Writes the scripts for `sweep`, a file, run by `program` in `directory`.
pub fn scripts(program: &Path, sweep: &Path, directory: &Path, arguments: &SubmitArgs) -> Scripts {
    let name = directory
        .file_name()
        .map_or("sweep".into(), |name| name.to_string_lossy());
    let name = name.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '-'), "_");
    let log = directory.join("log");
    let [program, sweep, out] =
        [program, sweep, directory].map(|path| quote(&path.display().to_string()));
    let mut common = String::new();
    if let Some(partition) = &arguments.partition {
        common += &format!("#SBATCH --partition={partition}\n");
    }
    let mut array = format!(
        "#!/bin/sh\n\
         #SBATCH --job-name=drift-{name}\n\
         #SBATCH --array=1-{shards}\n\
         #SBATCH --ntasks=1\n\
         #SBATCH --cpus-per-task={cpus}\n\
         #SBATCH --requeue\n\
         #SBATCH --open-mode=append\n\
         #SBATCH --output={output}\n\
         {common}",
        shards = arguments.shards,
        cpus = arguments.cpus,
        output = pattern(&log, "shard-%a.log"),
    );
    if let Some(time) = &arguments.time {
        array += &format!("#SBATCH --time={time}\n");
        // A minute before the limit the shard stops by itself. Without B: the warning goes to job
        // steps alone, and the batch shell that has become the program is none.
        array += "#SBATCH --signal=B:TERM@60\n";
    }
    if let Some(memory) = &arguments.memory {
        array += &format!("#SBATCH --mem={memory}\n");
    }
    let yes = if arguments.yes { " --yes" } else { "" };
    array += &format!(
        "exec {program} sweep run {sweep} --out {out} --jobs {} \
         --shard \"$SLURM_ARRAY_TASK_ID/{}\"{yes}\n",
        arguments.cpus, arguments.shards
    );
    let collect = format!(
        "#!/bin/sh\n\
         #SBATCH --job-name=drift-{name}-collect\n\
         #SBATCH --ntasks=1\n\
         #SBATCH --open-mode=append\n\
         #SBATCH --output={output}\n\
         {common}\
         {program} sweep collect {out} && exec {program} sweep report {out}\n",
        output = pattern(&log, "collect.log"),
    );
    Scripts { array, collect }
}

/// Where the scripts of a sweep stand.
pub fn script_paths(directory: &Path) -> (PathBuf, PathBuf) {
    (
        directory.join("array.sbatch"),
        directory.join("collect.sbatch"),
    )
}

/// Writes the scripts into `directory`.
pub fn write(directory: &Path, scripts: &Scripts) -> Result<(), CliError> {
    let log = directory.join("log");
    fs::create_dir_all(&log).map_err(|error| CliError::write(&log, error))?;
    let (array, collect) = script_paths(directory);
    write_atomically(&array, scripts.array.as_bytes())?;
    Ok(write_atomically(&collect, scripts.collect.as_bytes())?)
}

/// Submits the scripts of `directory`: the array, then the collection that waits for it. Returns the
/// numbers of the two jobs.
pub fn submit(directory: &Path) -> Result<[String; 2], CliError> {
    let (array, collect) = script_paths(directory);
    let first = sbatch(&[], &array)?;
    let dependency = format!("--dependency=afterany:{first}");
    // The array runs whether or not its collection could be queued; the error says so.
    let second = sbatch(&[&dependency], &collect)?;
    Ok([first, second])
}

/// The job number that `sbatch --parsable` prints (a cluster's name may follow it).
fn sbatch(options: &[&str], script: &Path) -> Result<String, CliError> {
    let fail = |reason: String| CliError::Slurm {
        script: script.into(),
        reason,
    };
    let output = Command::new("sbatch")
        .arg("--parsable")
        .args(options)
        .arg(script)
        .output();
    let output = output.map_err(|error| fail(format!("cannot start sbatch: {error}")))?;
    if !output.status.success() {
        return Err(fail(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    let job = answer.trim().split(';').next().unwrap_or_default();
    if job.is_empty() || !job.chars().all(|digit| digit.is_ascii_digit()) {
        return Err(fail(format!(
            "sbatch answered {answer:?}, which is no job number"
        )));
    }
    Ok(job.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> SubmitArgs {
        SubmitArgs {
            sweep: "table2".into(),
            out: "sweep".into(),
            shards: 7,
            cpus: 2,
            time: Some("1:00:00".into()),
            memory: Some("2G".into()),
            partition: Some("short".into()),
            dry_run: true,
            yes: false,
        }
    }

    #[test]
    fn the_array_runs_one_shard_a_task() {
        let made = scripts(
            Path::new("/opt/it's/drift"),
            Path::new("/data/sweep.toml"),
            Path::new("/data/my sweep"),
            &arguments(),
        );
        assert!(
            made.array
                .starts_with("#!/bin/sh\n#SBATCH --job-name=drift-my_sweep\n")
        );
        assert!(made.array.contains("\n#SBATCH --array=1-7\n"));
        assert!(
            made.array
                .contains("\n#SBATCH --output=\"/data/my sweep/log/shard-%a.log\"\n")
        );
        let last = made.array.lines().last().expect("a command");
        assert_eq!(
            last,
            "exec '/opt/it'\\''s/drift' sweep run '/data/sweep.toml' --out '/data/my sweep' \
             --jobs 2 --shard \"$SLURM_ARRAY_TASK_ID/7\""
        );
        assert!(
            made.collect
                .contains("sweep collect '/data/my sweep' && exec")
        );
        assert!(made.array.contains("\n#SBATCH --signal=B:TERM@60\n"));
        let odd = scripts(
            Path::new("/drift"),
            Path::new("/data/100%a/sweep.toml"),
            Path::new("/data/100%a"),
            &arguments(),
        );
        assert!(
            odd.array
                .contains("--output=\"/data/100%%a/log/shard-%a.log\"\n")
        );
        for script in [&made.array, &made.collect] {
            assert!(script.contains("#SBATCH --partition=short\n"));
            let commands = script
                .lines()
                .skip(1)
                .skip_while(|line| line.starts_with("#SBATCH"));
            assert!(
                commands.clone().count() == 1,
                "options after a command are not read"
            );
        }
    }
}
