//! The pass itself, a macro expanded once for each instruction set.

/// Blocks that a group holds at most.
pub(super) const MAX_GROUP: usize = 2;

/// Start and length of tiles of nearly equal length, none longer than `longest`.
pub(super) fn tiles(length: usize, longest: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = length.div_ceil(longest);
    let (base, longer) = (length / count.max(1), length % count.max(1));
    (0..count).map(move |tile| {
        (
            tile * base + tile.min(longer),
            base + usize::from(tile < longer),
        )
    })
}

/// `features`: the set to compile for. `group`: blocks taken together, so that a broadcast serves
/// all of them. `tile`: lengths of a tile, 1 to the longest; `group · longest` accumulators, the
/// group's operands and a broadcast have to fit the registers. `samples` and `outputs`: the same
/// for the two sides of the output's tile, which holds at most `output_sums` accumulators.
macro_rules! kernel_body {
    (
        features: [$(#[$feature:meta])*],
        group: $group:literal,
        tile: [$($tile:literal),+],
        samples: [$($output_samples:literal),+],
        outputs: [$($output_channels:literal),+],
        output_sums: $output_sums:literal
    ) => {
        use super::body::tiles;
        use super::{Buffers, LANES, Lanes};
        use crate::Samples;

        const TILE: usize = [$($tile),+].len();
        const OUTPUT_SAMPLES: usize = [$($output_samples),+].len();
        const OUTPUT_CHANNELS: usize = [$($output_channels),+].len();
        const OUTPUT_SUMS: usize = $output_sums;

        /// Activity of `B` blocks on `T` samples; returns the units active on any of them.
        ///
        /// # Safety
        /// `weights`: rows of `8·B` values, `stride` apart, `inputs` of them and then the biases.
        /// `columns`: `inputs` rows of `T` values, `samples` apart. `hidden` and `active`: `B`
        /// rows of `T` entries, `samples` apart.
        #[inline]
        $(#[$feature])*
        unsafe fn hidden_tile<const B: usize, const T: usize>(
            weights: *const f64,
            stride: usize,
            inputs: usize,
            columns: *const f64,
            samples: usize,
            hidden: *mut Lanes,
            active: *mut u8,
        ) -> [u8; B] {
            let mut any = [0; B];
            // SAFETY: all offsets stay inside what the caller vouches for.
            unsafe {
                let mut sums = [[Block::zero(); B]; T];
                for b in 0..B {
                    let bias = Block::load(weights.add(inputs * stride + LANES * b));
                    for sum in &mut sums {
                        sum[b] = bias;
                    }
                }
                for input in 0..inputs {
                    let row = weights.add(input * stride);
                    let values = columns.add(input * samples);
                    let mut weight = [Block::zero(); B];
                    for b in 0..B {
                        weight[b] = Block::load(row.add(LANES * b));
                    }
                    for t in 0..T {
                        let value = Block::splat(*values.add(t));
                        for b in 0..B {
                            sums[t][b] = sums[t][b].add_product(weight[b], value);
                        }
                    }
                }
                for t in 0..T {
                    for b in 0..B {
                        let activity = sums[t][b].relu();
                        let at = b * samples + t;
                        activity.store((*hidden.add(at)).0.as_mut_ptr());
                        let flags = activity.active();
                        *active.add(at) = flags;
                        any[b] |= flags;
                    }
                }
            }
            any
        }

        /// Sums of a tile of the outputs over the blocks of `blocks`.
        ///
        /// # Safety
        /// Each block has `samples` entries in `hidden`, of which the `S` from `hidden` on are
        /// read, and `K` rows of 8 weights, `stride` apart, from `weights + 8·block` on.
        #[inline]
        $(#[$feature])*
        unsafe fn add_outputs<const S: usize, const K: usize>(
            blocks: &[u32],
            weights: *const f64,
            stride: usize,
            hidden: *const Lanes,
            samples: usize,
            sums: &mut [[Block; K]; S],
        ) {
            // SAFETY: all offsets stay inside what the caller vouches for.
            unsafe {
                for &block in blocks {
                    let block = block as usize;
                    let mut weight = [Block::zero(); K];
                    for k in 0..K {
                        weight[k] = Block::load(weights.add(LANES * block + k * stride));
                    }
                    for s in 0..S {
                        let activity =
                            Block::load((*hidden.add(block * samples + s)).0.as_ptr());
                        for k in 0..K {
                            sums[s][k] = sums[s][k].add_product(activity, weight[k]);
                        }
                    }
                }
            }
        }

        /// Outputs of `S` samples on `K` channels, from `sample` and `channel` on.
        ///
        /// # Safety
        /// The tile lies inside the samples and outputs of `buffers`.
        #[inline]
        $(#[$feature])*
        unsafe fn output_tile<const S: usize, const K: usize>(
            parameters: &[f64],
            buffers: &mut Buffers,
            sample: usize,
            channel: usize,
        ) {
            if S * K > OUTPUT_SUMS {
                unreachable!("the tiles are chosen within {OUTPUT_SUMS} sums");
            }
            let (shape, samples) = (buffers.shape, buffers.samples);
            let row = shape.inputs() + 1 + channel;
            let live = &buffers.live_blocks[..buffers.live];
            let tail_block = buffers.full_blocks() as u32;
            let full = live.partition_point(|&block| block < tail_block);
            let mut sums = [[Block::zero(); K]; S];
            // SAFETY: live blocks are blocks of the workspace; the tail's weights are a block of
            // their own, with rows 8 apart, so its activity is addressed as that of block 0.
            unsafe {
                let hidden = buffers.hidden.as_ptr().add(sample);
                add_outputs(
                    &live[..full],
                    parameters.as_ptr().add(row * shape.hidden()),
                    shape.hidden(),
                    hidden,
                    samples,
                    &mut sums,
                );
                if full < live.len() {
                    add_outputs(
                        &[0],
                        buffers.tail_weights.as_ptr().add(row).cast(),
                        LANES,
                        hidden.add(tail_block as usize * samples),
                        samples,
                        &mut sums,
                    );
                }
                for s in 0..S {
                    let outputs = buffers
                        .outputs
                        .as_mut_ptr()
                        .add((sample + s) * shape.outputs() + channel);
                    for k in 0..K {
                        *outputs.add(k) = sums[s][k].sum();
                    }
                }
            }
        }

        /// Derivative with respect to the pre-activations of `B` blocks on the `T` samples that
        /// `list` names.
        ///
        /// # Safety
        /// `weights`: `outputs` rows of `8·B` values, `stride` apart. `residuals`: rows of
        /// `outputs` values for each listed sample. `hidden`: `B` rows, `samples` apart, with an
        /// entry for each listed sample. `delta`: `T·B` entries.
        #[inline]
        $(#[$feature])*
        unsafe fn delta_tile<const B: usize, const T: usize>(
            weights: *const f64,
            stride: usize,
            outputs: usize,
            residuals: *const f64,
            list: *const u32,
            hidden: *const Lanes,
            samples: usize,
            delta: *mut Lanes,
        ) {
            // SAFETY: all offsets stay inside what the caller vouches for.
            unsafe {
                let mut rows = [residuals; T];
                for t in 0..T {
                    rows[t] = residuals.add(*list.add(t) as usize * outputs);
                }
                let mut sums = [[Block::zero(); B]; T];
                for output in 0..outputs {
                    let row = weights.add(output * stride);
                    let mut weight = [Block::zero(); B];
                    for b in 0..B {
                        weight[b] = Block::load(row.add(LANES * b));
                    }
                    for t in 0..T {
                        let residual = Block::splat(*rows[t].add(output));
                        for b in 0..B {
                            sums[t][b] = sums[t][b].add_product(weight[b], residual);
                        }
                    }
                }
                for t in 0..T {
                    for b in 0..B {
                        let activity =
                            hidden.add(b * samples + *list.add(t) as usize);
                        sums[t][b]
                            .where_active(Block::load((*activity).0.as_ptr()))
                            .store((*delta.add(t * B + b)).0.as_mut_ptr());
                    }
                }
            }
        }

        /// `T` rows of the gradient of `B` blocks: Σ over listed samples of left × panel.
        ///
        /// # Safety
        /// `left`: `T` values for each listed sample, `left_stride` apart. `panel`: for each
        /// listed sample (`LISTED`) or each position of the list, `B` entries, `block_stride`
        /// apart, the samples `sample_stride` apart. `gradient`: `T` rows of `8·B` values,
        /// `stride` apart.
        #[inline]
        $(#[$feature])*
        unsafe fn gradient_tile<const B: usize, const T: usize, const LISTED: bool>(
            list: &[u32],
            left: *const f64,
            left_stride: usize,
            panel: *const Lanes,
            sample_stride: usize,
            block_stride: usize,
            gradient: *mut f64,
            stride: usize,
        ) {
            // SAFETY: all offsets stay inside what the caller vouches for.
            unsafe {
                let mut sums = [[Block::zero(); B]; T];
                for (position, &sample) in list.iter().enumerate() {
                    let sample = sample as usize;
                    let factors = left.add(sample * left_stride);
                    let at = if LISTED { sample } else { position };
                    let entry = panel.add(at * sample_stride);
                    let mut value = [Block::zero(); B];
                    for b in 0..B {
                        value[b] = Block::load((*entry.add(b * block_stride)).0.as_ptr());
                    }
                    for t in 0..T {
                        let factor = Block::splat(*factors.add(t));
                        for b in 0..B {
                            sums[t][b] = sums[t][b].add_product(value[b], factor);
                        }
                    }
                }
                for t in 0..T {
                    for b in 0..B {
                        sums[t][b].store(gradient.add(t * stride + LANES * b));
                    }
                }
            }
        }

        /// Activity of the group of `B` blocks from `block` on, for the samples of one tile.
        ///
        /// # Safety
        /// `weights` are the rows of those blocks, `stride` apart; the tile lies inside the
        /// samples.
        #[inline]
        $(#[$feature])*
        unsafe fn hidden_group<const B: usize>(
            weights: *const f64,
            stride: usize,
            block: usize,
            (first, length): (usize, usize),
            samples: &Samples,
            buffers: &mut Buffers,
        ) {
            let count = buffers.samples;
            let inputs = samples.inputs();
            // SAFETY: the caller vouches for group and tile.
            let any = unsafe {
                let columns = samples.input_columns().as_ptr().add(first);
                let at = block * count + first;
                let hidden = buffers.hidden.as_mut_ptr().add(at);
                let active = buffers.active.as_mut_ptr().add(at);
                match length {
                    $($tile => hidden_tile::<B, $tile>(
                        weights, stride, inputs, columns, count, hidden, active,
                    ),)+
                    _ => unreachable!("tiles are at most {TILE} long"),
                }
            };
            for b in 0..B {
                buffers.live_blocks[buffers.live] = (block + b) as u32;
                buffers.live += usize::from(any[b] != 0);
            }
        }

        /// Hidden activity and outputs, a tile of samples at a time, so that the tile's activity
        /// is still in the nearest cache when the outputs sum it.
        ///
        /// # Safety
        /// The machine has the instructions; shapes agree.
        $(#[$feature])*
        pub(super) unsafe fn forward(
            parameters: &[f64],
            samples: &Samples,
            buffers: &mut Buffers,
        ) {
            buffers.copy_tail_weights(parameters);
            for tile in tiles(buffers.samples, TILE) {
                // SAFETY: the caller vouches for shapes; the tile lies inside the samples.
                unsafe {
                    hidden_of_tile(parameters, samples, buffers, tile);
                    outputs_of_tile(parameters, buffers, tile);
                }
            }
        }

        /// # Safety
        /// As [`forward`]; the tile lies inside the samples.
        #[inline]
        $(#[$feature])*
        unsafe fn hidden_of_tile(
            parameters: &[f64],
            samples: &Samples,
            buffers: &mut Buffers,
            tile: (usize, usize),
        ) {
            let hidden = buffers.shape.hidden();
            let full = buffers.full_blocks();
            buffers.live = 0;
            let mut block = 0;
            // SAFETY: groups of full blocks read inside the parameters; the tail reads its copy.
            unsafe {
                while full - block >= $group {
                    let weights = parameters.as_ptr().add(LANES * block);
                    hidden_group::<$group>(weights, hidden, block, tile, samples, buffers);
                    block += $group;
                }
                while block < full {
                    let weights = parameters.as_ptr().add(LANES * block);
                    hidden_group::<1>(weights, hidden, block, tile, samples, buffers);
                    block += 1;
                }
                if LANES * full < hidden {
                    let weights = buffers.tail_weights.as_ptr().cast();
                    hidden_group::<1>(weights, LANES, full, tile, samples, buffers);
                }
            }
        }

        /// # Safety
        /// As [`forward`]; the tile lies inside the samples.
        #[inline]
        $(#[$feature])*
        unsafe fn outputs_of_tile(
            parameters: &[f64],
            buffers: &mut Buffers,
            (first, length): (usize, usize),
        ) {
            for (sample, height) in tiles(length, OUTPUT_SAMPLES) {
                let widest = OUTPUT_CHANNELS.min(OUTPUT_SUMS / height);
                for (channel, width) in tiles(buffers.shape.outputs(), widest) {
                    match height {
                        $($output_samples => {
                            // SAFETY: the tile lies inside the outputs.
                            unsafe {
                                outputs_of::<$output_samples>(
                                    parameters, buffers, first + sample, channel, width,
                                );
                            }
                        })+
                        _ => unreachable!("tiles are at most {OUTPUT_SAMPLES} high"),
                    }
                }
            }
        }

        /// # Safety
        /// As [`output_tile`].
        #[inline]
        $(#[$feature])*
        unsafe fn outputs_of<const S: usize>(
            parameters: &[f64],
            buffers: &mut Buffers,
            sample: usize,
            channel: usize,
            width: usize,
        ) {
            match width {
                $($output_channels => {
                    // SAFETY: the caller vouches for the tile.
                    unsafe {
                        output_tile::<S, $output_channels>(parameters, buffers, sample, channel);
                    }
                })+
                _ => unreachable!("tiles are at most {OUTPUT_CHANNELS} wide"),
            }
        }

        /// Gradient of the group of `B` blocks from `block` on.
        ///
        /// # Safety
        /// `weights` and `gradient` are the rows of those blocks, `stride` apart.
        $(#[$feature])*
        unsafe fn gradient_group<const B: usize>(
            weights: *const f64,
            gradient: *mut f64,
            stride: usize,
            block: usize,
            samples: &Samples,
            buffers: &mut Buffers,
        ) {
            let (shape, count) = (buffers.shape, buffers.samples);
            let (inputs, outputs) = (shape.inputs(), shape.outputs());
            let listed = buffers.list_samples::<B>(block);
            let list = &buffers.sample_list[..listed];
            // SAFETY: the lists hold samples of the workspace; tiles stay inside the outputs and
            // the augmented inputs; the caller vouches for weights and gradient.
            unsafe {
                let hidden = buffers.hidden.as_ptr().add(block * count);
                let delta = buffers.delta.as_mut_ptr();
                let residuals = buffers.residuals.as_ptr();
                let output_weights = weights.add((inputs + 1) * stride);
                for (first, length) in tiles(listed, TILE) {
                    let list = list.as_ptr().add(first);
                    let delta = delta.add(first * B);
                    match length {
                        $($tile => delta_tile::<B, $tile>(
                            output_weights, stride, outputs, residuals, list, hidden, count, delta,
                        ),)+
                        _ => unreachable!("tiles are at most {TILE} long"),
                    }
                }
                let rows = samples.augmented_rows().as_ptr();
                for (first, length) in tiles(inputs + 1, TILE) {
                    let gradient = gradient.add(first * stride);
                    let left = rows.add(first);
                    match length {
                        $($tile => gradient_tile::<B, $tile, false>(
                            list, left, inputs + 1, delta, B, 1, gradient, stride,
                        ),)+
                        _ => unreachable!("tiles are at most {TILE} long"),
                    }
                }
                for (first, length) in tiles(outputs, TILE) {
                    let gradient = gradient.add((inputs + 1 + first) * stride);
                    let left = residuals.add(first);
                    match length {
                        $($tile => gradient_tile::<B, $tile, true>(
                            list, left, outputs, hidden, 1, count, gradient, stride,
                        ),)+
                        _ => unreachable!("tiles are at most {TILE} long"),
                    }
                }
            }
        }

        /// Forward pass, loss and gradient.
        ///
        /// # Safety
        /// The machine has the instructions; shapes agree.
        $(#[$feature])*
        pub(super) unsafe fn loss_gradient(
            parameters: &[f64],
            samples: &Samples,
            buffers: &mut Buffers,
            gradient: &mut [f64],
        ) -> f64 {
            // SAFETY: the caller vouches for instructions and shapes.
            unsafe { forward(parameters, samples, buffers) };
            let loss = buffers.residuals_and_loss(samples.target_rows());
            let hidden = buffers.shape.hidden();
            let full = buffers.full_blocks();
            let mut block = 0;
            // SAFETY: groups of full blocks lie inside parameters and gradient; the tail has
            // buffers of its own.
            unsafe {
                while block < full {
                    let together = full - block >= $group && buffers.share_samples::<$group>(block);
                    if together {
                        let weights = parameters.as_ptr().add(LANES * block);
                        let rows = gradient.as_mut_ptr().add(LANES * block);
                        gradient_group::<$group>(weights, rows, hidden, block, samples, buffers);
                        block += $group;
                        continue;
                    }
                    let weights = parameters.as_ptr().add(LANES * block);
                    let rows = gradient.as_mut_ptr().add(LANES * block);
                    gradient_group::<1>(weights, rows, hidden, block, samples, buffers);
                    block += 1;
                }
                if LANES * full < hidden {
                    let weights = buffers.tail_weights.as_ptr().cast();
                    let rows = buffers.tail_gradient.as_mut_ptr().cast();
                    gradient_group::<1>(weights, rows, LANES, full, samples, buffers);
                    buffers.write_tail_gradient(gradient);
                }
            }
            loss
        }
    };
}
