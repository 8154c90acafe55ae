//! The book's links lead somewhere, its pages are in the summary, and what it tells to run exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(book())
        .expect("the book")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Targets of the links `[…](target)` outside code.
fn links(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let prose = markdown.split("```").step_by(2);
    for piece in prose.flat_map(|prose| prose.split("](").skip(1)) {
        found.extend(piece.split_once(')').map(|(target, _)| target.to_owned()));
    }
    found
}

/// The anchor that mdBook and GitHub make of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut documents = pages();
    for document in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        documents.push(root.join(document));
    }
    for entry in fs::read_dir(root.join("crates")).expect("crates") {
        documents.push(entry.expect("a crate").path().join("README.md"));
    }
    let mut checked = 0;
    for document in documents {
        for link in links(&text(&document)) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => document.clone(),
                file => document.parent().expect("a folder").join(file),
            };
            let place = format!("{}: {link}", document.display());
            assert!(target.exists(), "{place}");
            if !heading.is_empty() {
                let page = text(&target);
                let mut headings = page.lines().filter(|line| line.starts_with('#'));
                assert!(
                    headings.any(|line| anchor(line.trim_start_matches('#')) == heading),
                    "{place}"
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 60, "only {checked} links found");
}

#[test]
fn every_page_is_in_the_summary() {
    let listed: BTreeSet<String> = links(&text(&book().join("SUMMARY.md")))
        .into_iter()
        .collect();
    let there: BTreeSet<String> = pages()
        .iter()
        .filter_map(|page| page.file_name()?.to_str().map(str::to_owned))
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(listed, there);
}

/// The word after `command` wherever the documents say it.
fn named(command: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for page in pages() {
        for piece in text(&page).split(command).skip(1) {
            let end = piece
                .find(|letter: char| !(letter.is_alphanumeric() || letter == '-' || letter == '.'));
            let word = &piece[..end.unwrap_or(piece.len())];
            // Files of the reader's own have an ending, and DIR stands for any directory.
            if word.contains(char::is_lowercase) && !word.contains('.') {
                names.insert(word.to_owned());
            }
        }
    }
    names
}

#[test]
fn presets_that_the_book_names_exist() {
    let runs = named("drift run ");
    assert!(
        runs.contains("figure2") && runs.contains("valley"),
        "{runs:?}"
    );
    for name in &runs {
        assert!(drift_sim::presets::preset(name).is_ok(), "drift run {name}");
    }
    let sweeps = named("drift sweep run ");
    assert!(sweeps.contains("grid-1e6"), "{sweeps:?}");
    for name in &sweeps {
        assert!(
            drift_sim::sweep::preset(name).is_ok(),
            "drift sweep run {name}"
        );
    }
}

#[test]
fn examples_that_the_book_names_exist() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let folders: Vec<_> = std::fs::read_dir(crates)
        .expect("the crates")
        .map(|entry| entry.expect("a crate").path().join("examples"))
        .collect();
    let mut checked = 0;
    for page in pages() {
        for piece in text(&page).split("--example").skip(1) {
            let name: String = piece
                .trim_start()
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            let is_there = |folder: &std::path::PathBuf| {
                folder.join(format!("{name}.rs")).exists()
                    || folder.join(&name).join("main.rs").exists()
            };
            assert!(folders.iter().any(is_there), "{}: {name}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 5, "only {checked} examples found");
}

/// The page shows the files that are compiled and tested, and each part is short.
#[test]
fn the_code_of_own_parts_is_that_of_the_examples() {
    let page = text(&book().join("extending.md"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parts = root.join("../crates/drift-sim/examples/own_parts");
    for part in ["rule.rs", "noise.rs", "task.rs", "measure.rs", "system.rs"] {
        let code = text(&parts.join(part));
        assert!(page.contains(code.trim_end()), "{part}");
        assert!(code.lines().count() <= 60, "{part}");
    }
    let program = root.join("own-program");
    let main = text(&program.join("src/main.rs"));
    let main = &main[main.find("fn main").expect("a main")..];
    assert!(page.contains(main.trim_end()), "main");
    assert!(main.lines().count() <= 10, "{main}");
    for file in ["own.toml", "sweep.toml", "ring.toml"] {
        let scenario = text(&program.join(file));
        assert!(page.contains(scenario.trim_end()), "{file}");
    }
}

#[test]
fn every_figure_and_table_of_the_paper_has_a_row() {
    let page = text(&book().join("figures.md"));
    for name in [
        "Figure 1",
        "Figure 2B",
        "Figure 2D",
        "Figure 2E",
        "Figure 3",
        "Figure 4A",
        "Figure 4B",
        "Figure 4C",
        "Figure 5A",
        "Figure 5B",
        "Figure 5C",
        "Figure 5D",
        "Figure S1",
        "Figure S2",
        "Table 1",
        "Table 2",
    ] {
        assert!(page.contains(&format!("\n| {name}")), "{name}");
    }
}
