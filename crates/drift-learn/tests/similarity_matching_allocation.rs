//! A step of similarity matching allocates nothing.
#![allow(
    unsafe_code,
    reason = "implementing an allocator that counts is unsafe"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use drift_learn::Streams;
use drift_learn::similarity_matching::{
    PrincipalSubspace, PrincipalSubspaceSettings, SimilarityExperiment, SimilarityRun,
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn a_step_allocates_nothing() {
    assert!(
        allocations(|| drop(black_box(vec![1]))) > 0,
        "the counter counts"
    );
    let streams = Streams::new(1);
    for name in SimilarityExperiment::NAMES {
        let experiment = SimilarityExperiment::named(name).unwrap();
        let mut run = SimilarityRun::new(experiment, &streams).unwrap();
        let count = allocations(|| run.run_until(10).unwrap());
        assert_eq!(count, 0, "{name}");
    }
    let settings = PrincipalSubspaceSettings::published();
    let mut network = PrincipalSubspace::new(settings, &streams).unwrap();
    let count = allocations(|| (0..10).for_each(|_| network.step()));
    assert_eq!(count, 0, "principal subspace");
}
