//! Any text as a scenario (TOML and JSON), a change of one field, a sweep.
//! What is taken comes back from its own text.
#![no_main]

use drift_sim::{Scenario, Sweep, presets};
use libfuzzer_sys::fuzz_target;

fn same(scenario: &Scenario) {
    let again = Scenario::from_toml(&scenario.to_toml()).expect("its own TOML");
    assert_eq!(again.to_toml(), scenario.to_toml());
    let again = Scenario::from_json(&scenario.to_json()).expect("its own JSON");
    assert_eq!(again.to_toml(), scenario.to_toml());
}

fuzz_target!(|text: &str| {
    for scenario in [Scenario::from_toml(text), Scenario::from_json(text)] {
        if let Ok(scenario) = scenario {
            same(&scenario);
        }
    }
    let mut preset = presets::preset("figure2").expect("a preset").into_unchecked();
    if preset.set(text).is_ok()
        && let Ok(scenario) = preset.try_into()
    {
        same(&scenario);
    }
    if let Ok(sweep) = Sweep::from_toml(text) {
        let again = Sweep::from_toml(&sweep.to_toml()).expect("its own TOML");
        assert_eq!(again.spec(), sweep.spec());
        let last = sweep.runs() - 1;
        if let Ok(scenario) = sweep.scenario(last) {
            same(&scenario);
        }
    }
});
