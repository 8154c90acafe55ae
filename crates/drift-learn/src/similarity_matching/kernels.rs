//! The loops over units and synapses, as [`Kernel`]s.
//!
//! Columns of a matrix run over units, so a product with a vector adds columns: units that are
//! silent cost nothing, and every sum over columns has one order whatever the vectors hold.

use crate::kernels::normal::{BATCH, Pairs, Sink, combine};
use drift_simd::{Kernel, Level, sum_lanes};

use super::columns::Block;
use super::settings::Settling;

/// Errors that the stall rule looks back on, the newest included.
const LOOK_BACK: usize = 5;

/// `squares` and those of the values, lane by lane.
#[inline(always)]
fn add_squares(mut squares: Block, values: &[Block]) -> Block {
    for block in values {
        for lane in 0..8 {
            squares[lane] = block[lane].mul_add(block[lane], squares[lane]);
        }
    }
    squares
}

#[inline(always)]
fn norm(values: &[Block]) -> f64 {
    sum_lanes(add_squares([0.0; 8], values)).sqrt()
}

#[inline(always)]
fn sums(values: &[Block]) -> Block {
    let mut sums = [0.0; 8];
    for block in values {
        for lane in 0..8 {
            sums[lane] += block[lane];
        }
    }
    sums
}

/// sum ← sum − Σⱼ coefficientⱼ columnⱼ over the listed columns, in the list's order.
///
/// Four columns a pass: the sum is loaded and stored once for four multiplications.
#[inline(always)]
fn subtract_columns(sum: &mut [Block], matrix: &[Block], list: &[u32], coefficients: &[f64]) {
    let length = sum.len();
    let column = |index: u32| &matrix[index as usize * length..][..length];
    let (fours, rest) = list.as_chunks::<4>();
    for four in fours {
        let [p, q, r, s] = four.map(|index| -coefficients[index as usize]);
        let [a, b, c, d] = four.map(column);
        for block in 0..length {
            for lane in 0..8 {
                let mut value = sum[block][lane];
                value = p.mul_add(a[block][lane], value);
                value = q.mul_add(b[block][lane], value);
                value = r.mul_add(c[block][lane], value);
                value = s.mul_add(d[block][lane], value);
                sum[block][lane] = value;
            }
        }
    }
    for &index in rest {
        let p = -coefficients[index as usize];
        let a = column(index);
        for block in 0..length {
            for lane in 0..8 {
                sum[block][lane] = p.mul_add(a[block][lane], sum[block][lane]);
            }
        }
    }
}

/// The indices of the entries that are not 0; the list keeps its capacity.
#[inline(always)]
fn list_nonzero(values: &[f64], list: &mut Vec<u32>) {
    list.clear();
    list.extend(
        (0..)
            .zip(values)
            .filter_map(|(index, &value)| (value != 0.0).then_some(index)),
    );
}

/// drive ← W x − √α b
pub(super) struct Drive<'a> {
    pub(super) feedforward: &'a [Block],
    pub(super) bias: &'a [Block],
    pub(super) bias_weight: f64,
    pub(super) input: &'a [f64],
    /// Holds −x.
    pub(super) negative_input: &'a mut [f64],
    pub(super) list: &'a mut Vec<u32>,
    pub(super) drive: &'a mut [Block],
}

impl Kernel for Drive<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        for (drive, bias) in self.drive.iter_mut().zip(self.bias) {
            for lane in 0..8 {
                drive[lane] = -self.bias_weight * bias[lane];
            }
        }
        for (negative, &input) in self.negative_input.iter_mut().zip(self.input) {
            *negative = -input;
        }
        list_nonzero(self.negative_input, self.list);
        subtract_columns(self.drive, self.feedforward, self.list, self.negative_input);
    }
}

/// The neural dynamics of one input, from the potentials and activities given to where a stop
/// rule holds. Every slice but the matrix is as long as a column.
pub(super) struct Settle<'a> {
    pub(super) settling: &'a Settling,
    pub(super) lasso: f64,
    /// M with a zero diagonal.
    pub(super) lateral: &'a [Block],
    /// 1/(λ₂ + diag M), 0 in the padding: it keeps the padding silent.
    pub(super) gain: &'a [Block],
    pub(super) drive: &'a [Block],
    pub(super) potential: &'a mut [Block],
    pub(super) activity: &'a mut [Block],
    /// Holds W x − √α b − M° y.
    pub(super) current: &'a mut [Block],
    pub(super) switches: &'a mut [Block],
    pub(super) list: &'a mut Vec<u32>,
}

impl Kernel for Settle<'_> {
    /// Iterations done and the last error.
    type Output = (u32, f64);

    #[inline(always)]
    fn run<L: Level>(self, _: L) -> (u32, f64) {
        let Settling {
            time_step,
            tolerance,
            stall_tolerance,
            norm_floor,
            max_iterations,
            ..
        } = *self.settling;
        let length = self.activity.len();
        let gain = &self.gain[..length];
        let potential = &mut self.potential[..length];
        let current = &mut self.current[..length];
        let activity = &mut self.activity[..length];
        let switches = &mut self.switches[..length];
        let mut errors = [f64::INFINITY; LOOK_BACK];
        list_nonzero(activity.as_flattened(), self.list);
        let mut length_before = norm(activity);
        for iteration in 1..=max_iterations {
            current.copy_from_slice(self.drive);
            subtract_columns(current, self.lateral, self.list, activity.as_flattened());
            advance(
                [time_step, self.lasso],
                gain.as_flattened(),
                potential.as_flattened_mut(),
                activity.as_flattened_mut(),
                current.as_flattened_mut(),
                switches.as_flattened_mut(),
            );
            let error = norm(current) / ((length_before + norm_floor) * time_step);
            length_before = norm(activity);
            errors.rotate_right(1);
            errors[0] = error;
            // Infinite entries of the first rounds never stall.
            let stalled = (errors[0] - errors[LOOK_BACK - 1]).abs() <= stall_tolerance;
            if error <= tolerance || stalled || iteration == max_iterations {
                return (iteration, error);
            }
            if sum_lanes(sums(switches)) > 0.0 {
                list_nonzero(activity.as_flattened(), self.list);
            }
        }
        unreachable!("there is at least one iteration, and the last one returns")
    }
}

/// Σ (xₛ·xₜ − α − yₛ·yₜ)² over all pairs of samples s, t.
pub(super) struct Mismatch<'a> {
    /// Columns of channels, rows of samples.
    pub(super) inputs: &'a [Block],
    /// Columns of units, rows of samples.
    pub(super) responses: &'a [Block],
    pub(super) samples: usize,
    pub(super) channels: usize,
    pub(super) units: usize,
    /// α
    pub(super) similarity_offset: f64,
}

impl Kernel for Mismatch<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Level>(self, _: L) -> f64 {
        let length = self.inputs.len() / self.channels;
        let widest = self.channels.max(self.units);
        let mut list = Vec::with_capacity(widest);
        let mut row = vec![0.0; widest];
        let mut similarity = vec![[0.0; 8]; length];
        let mut squares = [0.0; 8];
        for sample in 0..self.samples {
            // The padding stays at 0 and counts nothing.
            similarity.fill([0.0; 8]);
            similarity.as_flattened_mut()[..self.samples].fill(-self.similarity_offset);
            let parts = [
                (self.inputs, self.channels, -1.0),
                (self.responses, self.units, 1.0),
            ];
            for (matrix, columns, sign) in parts {
                let row = &mut row[..columns];
                for (column, entry) in row.iter_mut().enumerate() {
                    *entry = sign * matrix.as_flattened()[column * length * 8 + sample];
                }
                list_nonzero(row, &mut list);
                subtract_columns(&mut similarity, matrix, &list, row);
            }
            squares = add_squares(squares, &similarity);
        }
        sum_lanes(squares)
    }
}

/// One Euler step from the currents, which give way to the changes of the activities; a switch
/// is the change of a unit that was or has become silent.
#[inline(always)]
fn advance(
    [time_step, lasso]: [f64; 2],
    gain: &[f64],
    potential: &mut [f64],
    activity: &mut [f64],
    current: &mut [f64],
    switches: &mut [f64],
) {
    let units = gain.iter().zip(potential).zip(activity);
    for (((&gain, u), y), (current, switch)) in units.zip(current.iter_mut().zip(switches)) {
        *u = time_step.mul_add(*current - *u, *u);
        let open = (*u - lasso) * gain;
        let new = if open > 0.0 { open } else { 0.0 };
        let step = new - *y;
        let both = if new < *y { new } else { *y };
        *switch = if both > 0.0 { 0.0 } else { step.abs() };
        *y = new;
        *current = step;
    }
}

/// Every column of W or M: value ← max(floor, (1−η) value + η yᵢ factorⱼ), without noise.
pub(super) struct Learn<'a> {
    /// As long as `factors` columns of `activity`.
    pub(super) matrix: &'a mut [f64],
    /// y, padded.
    pub(super) activity: &'a [f64],
    /// xⱼ or yⱼ.
    pub(super) factors: &'a [f64],
    pub(super) rate: f64,
    pub(super) floor: f64,
}

#[inline(always)]
fn at_least(floor: f64, value: f64) -> f64 {
    if value > floor { value } else { floor }
}

impl Kernel for Learn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, _: L) {
        let decay = 1.0 - self.rate;
        let columns = self.matrix.chunks_exact_mut(self.activity.len());
        for (column, &factor) in columns.zip(self.factors) {
            let weight = self.rate * factor;
            for (value, &y) in column.iter_mut().zip(self.activity) {
                *value = at_least(self.floor, weight.mul_add(y, decay * *value));
            }
        }
    }
}

/// As [`Learn`] with noise before the floor. Padding takes noise too: columns are whole batches,
/// so one call draws for all of them.
pub(super) struct NoisyLearn<'a> {
    pub(super) learn: Learn<'a>,
    /// √η σ
    pub(super) scale: f64,
    pub(super) column: usize,
    pub(super) row: usize,
}

impl Sink for NoisyLearn<'_> {
    #[inline(always)]
    fn length(&self) -> usize {
        self.learn.activity.len() * self.learn.factors.len()
    }

    /// Batches come in order: the place in the matrix is counted, not divided for.
    #[inline(always)]
    fn take(&mut self, batch: usize, pairs: &Pairs) {
        let learn = &mut self.learn;
        let values = &mut learn.matrix.as_chunks_mut::<BATCH>().0[batch];
        let activity = &learn.activity.as_chunks::<BATCH>().0[self.row];
        let decay = 1.0 - learn.rate;
        let weight = learn.rate * learn.factors[self.column];
        // In registers: the compiler takes stores to the matrix apart into scalars.
        let mut learned = *values;
        for (value, &y) in learned.iter_mut().zip(activity) {
            *value = weight.mul_add(y, decay * *value);
        }
        let (scale, floor) = (self.scale, learn.floor);
        combine(&mut learned, pairs, |value, r, t| {
            at_least(floor, (scale * r).mul_add(t, value))
        });
        *values = learned;
        self.row += 1;
        if self.row * BATCH == learn.activity.len() {
            self.row = 0;
            self.column += 1;
        }
    }

    #[inline(always)]
    fn take_last(&mut self, _: &Pairs) {
        unreachable!("columns are whole batches")
    }
}
