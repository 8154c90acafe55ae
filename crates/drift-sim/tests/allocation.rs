//! Nothing is allocated in a step, with any rule and any noise.

use drift_sim::{Registry, Scenario, presets};

#[test]
fn a_step_allocates_nothing() {
    const INNER: [&[&str]; 2] = [
        &[],
        &[
            "network.hidden=[30, 20, 9]",
            "noise.activity.before=0.01",
            "noise.activity.after=0.01",
            "noise.dropout.probability=0.1",
            "noise.weight.distribution.proportional.standard_deviation=0.0001",
            "batch.size=4",
        ],
    ];
    for rule in ["sgd", "adam", "rmsprop", "sed"] {
        for (task, inner) in [("random", 0), ("corridor", 0), ("random", 1)] {
            let mut unchecked = presets::preset(&format!("{task}-{rule}-update"))
                .unwrap()
                .into_unchecked();
            unchecked.set("noise.label.uniform.width=0.5").unwrap();
            unchecked
                .set("noise.input.gaussian.standard_deviation=0.01")
                .unwrap();
            for change in INNER[inner] {
                unchecked.set(change).unwrap();
            }
            if inner == 1 && rule != "sed" {
                unchecked.set("decay.kind=decoupled").unwrap();
            }
            let scenario: Scenario = unchecked.try_into().unwrap();
            // As the program runs it: the system behind a pointer.
            let mut simulation = Registry::new().simulation(&scenario).unwrap();
            // Each size of batch makes its room.
            (0..3).for_each(|_| {
                simulation.step();
            });
            // Past the first sort of the stored units.
            let counted = allocation_counter::measure(|| {
                for _ in 0..4200 {
                    simulation.step();
                }
            });
            assert_eq!(counted.count_total, 0, "{task} {rule}");
        }
    }
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 10])));
    assert_eq!(counted.count_total, 1, "the counter counts");
}
