//! Nothing is allocated in a step, with any rule and any noise.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use drift_sim::{Simulation, presets};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator unchanged.
#[expect(unsafe_code, reason = "counting allocations takes an allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, so from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_step_allocates_nothing() {
    for rule in ["sgd", "adam", "rmsprop", "sed"] {
        for task in ["random", "corridor"] {
            let mut unchecked = presets::preset(&format!("{task}-{rule}-update"))
                .unwrap()
                .into_unchecked();
            unchecked.set("noise.label.uniform.width=0.5").unwrap();
            unchecked
                .set("noise.input.gaussian.standard_deviation=0.01")
                .unwrap();
            let mut simulation = Simulation::new(&unchecked.try_into().unwrap()).unwrap();
            simulation.step();
            let before = ALLOCATIONS.with(Cell::get);
            // Past the first sort of the stored units.
            for _ in 0..4200 {
                simulation.step();
            }
            let allocations = ALLOCATIONS.with(Cell::get) - before;
            assert_eq!(allocations, 0, "{task} {rule}");
            let probe = std::hint::black_box(vec![simulation.parameters()[0]]);
            assert!(
                ALLOCATIONS.with(Cell::get) > before,
                "{probe:?} was not counted"
            );
        }
    }
}
