//! A report in a browser: it is used as a reader would, and may ask no network for anything.

use std::fs;
use std::process::Command;

use crate::bench::{Bench, SMALL};

/// Chromium, where the machine has it.
fn chromium() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let answers = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let found = names.into_iter().find(answers);
    if found.is_none() {
        println!("skipped: there is no chromium to open a report in");
        assert!(std::env::var("CI").is_err(), "CI must install chromium");
    }
    found
}

#[test]
fn a_report_answers_its_reader() {
    let Some(chromium) = chromium() else { return };
    let bench = Bench::new("browser");
    let mut arguments = vec!["run", "figure2", "--out", "run"];
    arguments.extend(SMALL);
    bench.drift(&arguments).expect_success();
    let page = bench.text("run/report.html");
    assert!(page.len() < 3 << 20, "{} bytes", page.len());
    let reader = include_str!("browser.js");
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
                  style-src 'unsafe-inline'; script-src 'unsafe-inline'\">";
    let page = page
        .replacen("<meta charset", &format!("{policy}<meta charset"), 1)
        .replacen("</body>", &format!("<script>{reader}</script></body>"), 1);
    fs::write(bench.path("run/read.html"), page).expect("written");
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=390,900",
        ])
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("file://{}", bench.path("run/read.html").display()))
        .output()
        .expect("chromium starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let seen = text.split_once("data-seen=\"").map(|(_, rest)| rest);
    let seen = seen.and_then(|rest| rest.split('"').next());
    let seen = seen.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert!(!seen.contains("error"), "{seen}");
    for expected in [
        "time moved: true",
        "sorted again: true",
        "switched off: true",
    ] {
        assert!(seen.contains(expected), "{expected}: {seen}");
    }
    assert!(seen.contains("a map says: unit "), "{seen}");
    assert!(
        seen.contains("a matrix says: Correlation of rate maps"),
        "{seen}"
    );
    assert!(!seen.contains("a curve says: –"), "{seen}");
}
