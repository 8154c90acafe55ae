//! Files that appear whole, and directories that one process works in.

use std::borrow::Cow;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// `path` with something behind its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Writes a file and brings it to the disk.
fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(Error::io("write", path))
}

/// Writes a file that appears under its name only when it is complete.
///
/// # Errors
/// [`Error::Io`]; what was there before is then as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = beside(path, ".tmp");
    write_synced(&temporary, bytes)?;
    put_in_place(&temporary, path)
}

/// As [`write_atomically`]; what was there before stays as `NAME.previous`.
pub(crate) fn replace_keeping_previous(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let temporary = beside(path, ".tmp");
    write_synced(&temporary, bytes)?;
    if_there(fs::rename(path, beside(path, ".previous")), "rename", path)?;
    put_in_place(&temporary, path)
}

/// Gives a whole file its name, and brings that to the disk.
pub(crate) fn put_in_place(temporary: &Path, path: &Path) -> Result<(), Error> {
    fs::rename(temporary, path).map_err(Error::io("rename", temporary))?;
    sync_directory(path)
}

/// Brings a rename to the disk, where the system lets directories be opened.
fn sync_directory(path: &Path) -> Result<(), Error> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    match parent {
        Some(parent) if cfg!(unix) => File::open(parent)
            .and_then(|directory| directory.sync_all())
            .map_err(Error::io("write", parent)),
        _ => Ok(()),
    }
}

/// Removes a file that may be there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    if_there(fs::remove_file(path), "remove", path).map(drop)
}

/// What was done with a file that may be missing; `None` where it is.
pub(crate) fn if_there<T>(
    done: std::io::Result<T>,
    action: &'static str,
    path: &Path,
) -> Result<Option<T>, Error> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(Error::io(action, path)),
    }
}

/// The paths in a directory.
pub(crate) fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(Error::io("read", directory))
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// A directory that one process works in.
///
/// The lock is the operating system's (`flock`), which lets go of it at the latest when the
/// process ends. On file systems that have none, a file `NAME.host` made exclusively holds host
/// and process, and is removed when the work ends; one that a killed process of this host left is
/// taken over.
#[derive(Debug)]
pub(crate) struct Locked {
    path: PathBuf,
    /// Held for as long as the directory is worked in.
    _lock: File,
    /// The file in the place of a lock, where there are no locks.
    by_file: Option<PathBuf>,
}

impl Locked {
    /// Locks a directory under a name, so that several processes can share it under others.
    pub(crate) fn lock(path: &Path, name: &str) -> Result<Self, Error> {
        let lock_path = path.join(name);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(Error::io("create", &lock_path))?;
        let by_file = match lock.try_lock() {
            Ok(()) => None,
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: lock_path }),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                Some(lock_by_file(&lock_path)?)
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", lock_path)(error)),
        };
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
            by_file,
        })
    }

    /// Whether the file system has no locks, so that a file stands for one.
    pub(crate) fn is_by_file(&self) -> bool {
        self.by_file.is_some()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if let Some(file) = &self.by_file {
            // A file that stays is taken over by the next process of this host.
            let _ = fs::remove_file(file);
        }
    }
}

/// ENOLCK, ENOSYS, EOPNOTSUPP: what shared file systems without locks answer.
fn has_no_locks(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::Unsupported || matches!(error.raw_os_error(), Some(37 | 38 | 95))
}

fn lock_by_file(lock_path: &Path) -> Result<PathBuf, Error> {
    let path = beside(lock_path, ".host");
    let own = format!("{} {}\n", host(), std::process::id());
    for _ in 0..2 {
        match File::options().create_new(true).write(true).open(&path) {
            Ok(mut file) => {
                file.write_all(own.as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(Error::io("write", &path))?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if fs::read_to_string(&path).is_ok_and(|holder| is_alive(&holder)) {
                    return Err(Error::Locked { path });
                }
                remove(&path)?;
            }
            Err(error) => return Err(Error::io("create", &path)(error)),
        }
    }
    Err(Error::Locked { path })
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname");
    name.map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// Whether the process that wrote a lock file may still work: surely not if this host has none of
/// its number.
fn is_alive(holder: &str) -> bool {
    let Some((host_name, process)) = holder.trim().split_once(' ') else {
        return !holder.is_empty();
    };
    host_name != host() || Path::new("/proc").join(process).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of processes on Linux are below 2²².
    const NO_PROCESS: u32 = u32::MAX;

    #[test]
    fn a_file_stands_for_a_lock_where_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let held = lock_by_file(&lock).unwrap();
        assert_eq!(held, folder.path().join("lock.host"));
        let text = fs::read_to_string(&held).unwrap();
        assert_eq!(text, format!("{} {}\n", host(), std::process::id()));
        let second = lock_by_file(&lock);
        assert!(matches!(second, Err(Error::Locked { path }) if path == held));
        assert_eq!(fs::read_to_string(&held).unwrap(), text);
    }

    #[test]
    fn what_a_killed_process_of_this_host_left_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let path = folder.path().join("lock.host");
        for dead in [format!("{} {NO_PROCESS}\n", host()), String::new()] {
            fs::write(&path, dead).unwrap();
            assert_eq!(lock_by_file(&lock).unwrap(), path);
            assert!(fs::read_to_string(&path).unwrap().contains(&host()));
        }
        // Of another host nobody here can tell, nor of what is no such file.
        for unknown in [format!("elsewhere {NO_PROCESS}\n"), "torn".to_owned()] {
            fs::write(&path, &unknown).unwrap();
            assert!(matches!(lock_by_file(&lock), Err(Error::Locked { .. })));
            assert_eq!(fs::read_to_string(&path).unwrap(), unknown);
        }
    }

    #[test]
    fn the_file_goes_with_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let mut locked = Locked::lock(folder.path(), "lock").unwrap();
        assert!(!locked.is_by_file());
        let file = lock_by_file(&folder.path().join("lock")).unwrap();
        locked.by_file = Some(file.clone());
        assert!(locked.is_by_file() && file.exists());
        drop(locked);
        assert!(!file.exists());
    }

    #[test]
    fn the_answers_of_file_systems_without_locks_are_known() {
        for (code, without) in [(37, true), (38, true), (95, true), (13, false), (28, false)] {
            let error = std::io::Error::from_raw_os_error(code);
            assert_eq!(has_no_locks(&error), without, "{error}");
        }
    }
}
