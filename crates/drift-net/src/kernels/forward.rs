//! Hidden activity and outputs, for [`kernel_body!`](super::body).

macro_rules! forward_body {
    (
        [$($feature:meta),*],
        $group:literal,
        [$($tile:literal),+],
        [$($output_samples:literal),+],
        [$($output_channels:literal),+]
    ) => {
        /// Activity (`RELU`) or pre-activation of `B` blocks on `T` samples; returns the units
        /// that may be active on any of them.
        ///
        /// # Safety
        /// `weights`: rows of `8·B` values, `stride` apart, `inputs` of them and then the biases.
        /// `columns`: `inputs` rows of `T` values, `samples` apart. `hidden` and `active`: `B`
        /// rows of `T` entries, `samples` apart.
        #[inline]
        $(#[$feature])*
        unsafe fn hidden_tile<const B: usize, const T: usize, const RELU: bool>(
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
                        let at = b * samples + t;
                        if !RELU {
                            sums[t][b].store((*hidden.add(at)).0.as_mut_ptr());
                            any[b] = u8::MAX;
                            continue;
                        }
                        let activity = sums[t][b].relu();
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

        /// Turns pre-activations of `block` into activities, for the samples of one tile.
        #[inline]
        $(#[$feature])*
        fn activate(block: usize, (first, length): (usize, usize), buffers: &mut Buffers) {
            let activation = buffers.activation;
            let units = LANES.min(buffers.shape.hidden() - LANES * block);
            // The padding of the last block is never active.
            let units = u8::MAX >> (LANES - units);
            let at = block * buffers.samples + first;
            let hidden = &mut buffers.hidden[at..at + length];
            functions::apply(activation, flat_mut(hidden));
            let margins = &mut buffers.delta[..length];
            functions::margins(activation, flat(hidden), flat_mut(margins));
            for (flags, margin) in buffers.active[at..at + length].iter_mut().zip(margins) {
                // SAFETY: the margins of a block are 8 values.
                *flags = unsafe { Block::load(margin.0.as_ptr()) }.active() & units;
            }
        }

        /// Activity of the group of `B` blocks from `block` on, for the samples of one tile.
        ///
        /// # Safety
        /// `weights` are the rows of those blocks, `stride` apart; the tile lies inside the
        /// samples.
        #[inline]
        $(#[$feature])*
        unsafe fn hidden_group<const B: usize, const RELU: bool>(
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
                    $($tile => hidden_tile::<B, $tile, RELU>(
                        weights, stride, inputs, columns, count, hidden, active,
                    ),)+
                    _ => unreachable!("tiles are at most {TILE} long"),
                }
            };
            for b in 0..B {
                if !RELU {
                    activate(block + b, (first, length), buffers);
                }
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
            // SAFETY: the caller vouches for instructions and shapes.
            unsafe {
                if buffers.activation == Activation::Relu {
                    forward_with::<true>(parameters, samples, buffers);
                } else {
                    forward_with::<false>(parameters, samples, buffers);
                }
            }
        }

        /// # Safety
        /// As [`forward`].
        $(#[$feature])*
        unsafe fn forward_with<const RELU: bool>(
            parameters: &[f64],
            samples: &Samples,
            buffers: &mut Buffers,
        ) {
            buffers.copy_tail_weights(parameters);
            for tile in tiles(buffers.samples, TILE) {
                // SAFETY: the caller vouches for shapes; the tile lies inside the samples.
                unsafe {
                    hidden_of_tile::<RELU>(parameters, samples, buffers, tile);
                    outputs_of_tile(parameters, buffers, tile);
                }
            }
        }

        /// # Safety
        /// As [`forward`]; the tile lies inside the samples.
        #[inline]
        $(#[$feature])*
        unsafe fn hidden_of_tile<const RELU: bool>(
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
                    hidden_group::<$group, RELU>(weights, hidden, block, tile, samples, buffers);
                    block += $group;
                }
                while block < full {
                    let weights = parameters.as_ptr().add(LANES * block);
                    hidden_group::<1, RELU>(weights, hidden, block, tile, samples, buffers);
                    block += 1;
                }
                if LANES * full < hidden {
                    let weights = buffers.tail_weights.as_ptr().cast();
                    hidden_group::<1, RELU>(weights, LANES, full, tile, samples, buffers);
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
    };
}
