//! The first values of every generator: a change here is a value-breaking change of the crate.

use drift_learn::rand::distr::Distribution;
use drift_learn::rand::{Rng, SeedableRng};
use drift_learn::{BoxMuller, Gaussian, NoiseSource, Stream, Streams, Uniform};

fn source() -> NoiseSource {
    Streams::new(42).noise_source(Stream::UpdateNoise).unwrap()
}

#[test]
fn streams() {
    let expected = [
        0xb77f_a861_8dc9_e890,
        0x2f01_1690_14e7_3fff,
        0x5c97_cf06_8ade_5889,
        0xe938_7d55_0a09_9f36,
        0x5a4c_b496_8c34_03e3,
        0x5c10_c10b_145b_40c4,
        0x20e5_cc88_35be_27d0,
        0xd59b_031c_ea50_629e,
        0xc8fc_f6b6_7ef1_4f11,
        0x8732_7664_ead1_c511,
        0xf9e6_12dd_78ac_ff21,
        0xdea9_0605_ddbb_9a5a,
        0x21e1_cd5a_9c39_5da3,
        0x1c3f_91bc_e2bd_1c79,
        0x24cf_92c8_cc19_179d,
        0x2a17_022d_2359_80f0,
        0x8c9f_cc38_b3dc_0e9a,
    ];
    let found = Stream::ALL.map(|stream| Streams::new(42).named(stream).next_u64());
    assert_eq!(found, expected);
}

#[test]
fn words() {
    let mut source = source();
    let found = [source.next_u64(), source.next_u64(), source.next_u64()];
    let expected = [
        0x1682_a2f9_d486_bc01,
        0xdc65_bbb0_bce0_e432,
        0xc90f_ed22_fd3f_c6c7,
    ];
    assert_eq!(found, expected);
}

#[test]
fn words_after_a_jump() {
    let mut source = source();
    source.jump();
    assert_eq!(source.next_u64(), 0x5102_f02e_02f9_02ac);
}

#[test]
fn words_of_a_source_seeded_with_another_generator() {
    let mut rng = rand_chacha::ChaCha8Rng::from_seed([7; 32]);
    assert_eq!(
        NoiseSource::from_rng(&mut rng).unwrap().next_u64(),
        3_880_589_562_645_687_437
    );
}

/// A whole batch and the first of the next.
#[test]
fn normals() {
    let mut values = [0.0; 17];
    source().fill_normal(&mut values);
    let expected = [
        0.5036434611362646,
        -0.9369659399529896,
        1.4630513732474268,
        0.03240051219001709,
        -0.7045568671093638,
        0.01029020132994729,
        -0.7099235237705095,
        -1.04438915266299,
        0.3263206056010861,
        -0.09713282340848775,
        2.9360814156712323,
        -0.5585098442362165,
        -0.1135203590992684,
        0.024585595859751126,
        0.18395797993950147,
        -0.42637820254580044,
        -0.7637901055020461,
    ];
    assert_eq!(values, expected);
}

#[test]
fn added_normals() {
    let mut values = [1.0; 17];
    source().add_normal(0.5, &mut values);
    let found = [values[0], values[7], values[8], values[15], values[16]];
    let expected = [
        1.2518217305681323,
        0.477805423668505,
        1.163160302800543,
        0.7868108987270998,
        0.6181049472489769,
    ];
    assert_eq!(found, expected);
}

#[test]
fn added_uniforms() {
    let mut values = [1.0; 9];
    source().add_uniform(0.5, &mut values);
    let expected = [
        0.8323945189384859,
        0.929161423590932,
        1.2476973482391367,
        0.822430615225662,
        0.8624036461573324,
        0.7501775534091192,
        0.8678962668738345,
        0.9853694872576405,
        1.0915000109208157,
    ];
    assert_eq!(values, expected);
}

#[test]
fn deviates_of_any_generator() {
    let rng = || Streams::new(42).named(Stream::Shuffles);
    let pair: [f64; 2] = BoxMuller.sample(&mut rng());
    assert_eq!(pair, [1.0936935685954425, 1.065366559798724]);
    let normal: f64 = Gaussian::new(2.0).unwrap().sample(&mut rng());
    assert_eq!(normal, 2.0 * 1.0936935685954425);
    let uniform: f64 = Uniform::new(2.0).unwrap().sample(&mut rng());
    assert_eq!(uniform, 0.37651999528709634);
}
