//! Loss and gradient, for [`kernel_body!`](super::body).

macro_rules! backward_body {
    ([$($feature:meta),*], $group:literal, [$($tile:literal),+]) => {
        /// Derivative with respect to the pre-activations of `B` blocks on the `T` samples that
        /// `list` names. `gate`: the activity itself (`RELU`) or the derivative of the activation
        /// function there.
        ///
        /// # Safety
        /// `weights`: `outputs` rows of `8·B` values, `stride` apart. `residuals`: rows of
        /// `outputs` values for each listed sample. `gate`: `B` rows, `samples` apart, with an
        /// entry for each listed sample. `delta`: `T·B` entries.
        #[inline]
        $(#[$feature])*
        unsafe fn delta_tile<const B: usize, const T: usize, const RELU: bool>(
            weights: *const f64,
            stride: usize,
            outputs: usize,
            residuals: *const f64,
            list: *const u32,
            gate: *const Lanes,
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
                        let gate = gate.add(b * samples + *list.add(t) as usize);
                        let gate = Block::load((*gate).0.as_ptr());
                        let slope = if RELU {
                            sums[t][b].where_active(gate)
                        } else {
                            Block::zero().add_product(sums[t][b], gate)
                        };
                        slope.store((*delta.add(t * B + b)).0.as_mut_ptr());
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

        /// Gradient of the group of `B` blocks from `block` on.
        ///
        /// # Safety
        /// `weights` and `gradient` are the rows of those blocks, `stride` apart.
        $(#[$feature])*
        unsafe fn gradient_group<const B: usize, const RELU: bool>(
            weights: *const f64,
            gradient: *mut f64,
            stride: usize,
            block: usize,
            samples: &Samples,
            buffers: &mut Buffers,
        ) {
            let (shape, count) = (buffers.shape, buffers.samples);
            let (inputs, outputs) = (shape.inputs(), shape.outputs());
            let listed = if RELU {
                buffers.list_samples::<B>(block)
            } else {
                let group = block * count..(block + B) * count;
                functions::derivatives(
                    buffers.activation,
                    flat(&buffers.hidden[group]),
                    flat_mut(&mut buffers.derivatives[..B * count]),
                );
                count
            };
            let list = &buffers.sample_list[..listed];
            // SAFETY: the lists hold samples of the workspace; tiles stay inside the outputs and
            // the augmented inputs; the caller vouches for weights and gradient.
            unsafe {
                let hidden = buffers.hidden.as_ptr().add(block * count);
                let gate = if RELU { hidden } else { buffers.derivatives.as_ptr() };
                let delta = buffers.delta.as_mut_ptr();
                let residuals = buffers.residuals.as_ptr();
                let output_weights = weights.add((inputs + 1) * stride);
                for (first, length) in tiles(listed, TILE) {
                    let list = list.as_ptr().add(first);
                    let delta = delta.add(first * B);
                    match length {
                        $($tile => delta_tile::<B, $tile, RELU>(
                            output_weights, stride, outputs, residuals, list, gate, count, delta,
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
            unsafe {
                if buffers.activation == Activation::Relu {
                    loss_gradient_with::<true>(parameters, samples, buffers, gradient)
                } else {
                    loss_gradient_with::<false>(parameters, samples, buffers, gradient)
                }
            }
        }

        /// # Safety
        /// As [`loss_gradient`].
        $(#[$feature])*
        unsafe fn loss_gradient_with<const RELU: bool>(
            parameters: &[f64],
            samples: &Samples,
            buffers: &mut Buffers,
            gradient: &mut [f64],
        ) -> f64 {
            // SAFETY: the caller vouches for instructions and shapes.
            unsafe { forward_with::<RELU>(parameters, samples, buffers) };
            if !RELU {
                buffers.list_all_samples();
            }
            let loss = buffers.residuals_and_loss(samples.target_rows());
            let hidden = buffers.shape.hidden();
            let full = buffers.full_blocks();
            let mut block = 0;
            // SAFETY: groups of full blocks lie inside parameters and gradient; the tail has
            // buffers of its own.
            unsafe {
                while block < full {
                    let together = full - block >= $group
                        && (!RELU || buffers.share_samples::<$group>(block));
                    if together {
                        let weights = parameters.as_ptr().add(LANES * block);
                        let rows = gradient.as_mut_ptr().add(LANES * block);
                        gradient_group::<$group, RELU>(weights, rows, hidden, block, samples, buffers);
                        block += $group;
                        continue;
                    }
                    let weights = parameters.as_ptr().add(LANES * block);
                    let rows = gradient.as_mut_ptr().add(LANES * block);
                    gradient_group::<1, RELU>(weights, rows, hidden, block, samples, buffers);
                    block += 1;
                }
                if LANES * full < hidden {
                    let weights = buffers.tail_weights.as_ptr().cast();
                    let rows = buffers.tail_gradient.as_mut_ptr().cast();
                    gradient_group::<1, RELU>(weights, rows, LANES, full, samples, buffers);
                    buffers.write_tail_gradient(gradient);
                }
            }
            loss
        }
    };
}
