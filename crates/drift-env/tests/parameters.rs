//! Parameter types through serde: complete round trips, and refusals that name the field.
#![cfg(feature = "serde")]

use drift_env::{
    Arena, Autoencoder, CorridorParameters, CorridorTask, FieldOfView, HeadingChange, Motion,
    Perimeter, Predictive, Random, Smoothed,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

fn refusal<T: DeserializeOwned + Debug>(text: &str) -> String {
    serde_json::from_str::<T>(text).unwrap_err().to_string()
}

#[test]
fn every_task_comes_back() {
    let corridor = CorridorParameters {
        perimeter: Perimeter::ArcLength,
        heading_change: HeadingChange::Wrapped,
        num_envs: 3,
        ..CorridorParameters::figure2_published_data()
    };
    comes_back(&CorridorTask::try_from(corridor).unwrap());
    comes_back(&Random::new(3, 4, 5).unwrap());
    comes_back(&Smoothed::new(3, 4, 5).unwrap());
    comes_back(&Autoencoder::new(Smoothed::new(3, 4, 5).unwrap()));
    comes_back(&Predictive::new(3, 4).unwrap());
    comes_back(&Motion::default());
    comes_back(&Arena::new(0.1, 0.7).unwrap());
    comes_back(&FieldOfView::new(7, 0.3).unwrap());
}

#[test]
fn left_out_fields_have_the_published_values() {
    let task: CorridorTask = serde_json::from_str(r#"{"arena": {"size_y": 20.0}}"#).unwrap();
    assert_eq!(task.arena().size_x(), 1.0);
    assert_eq!(task.arena().size_y(), 20.0);
    assert_eq!(task.parameters().kernel, 0.09);
    let task: CorridorTask = serde_json::from_str("{}").unwrap();
    assert_eq!(task.parameters(), &CorridorParameters::figure2());
}

#[test]
fn what_the_checks_refuse_is_not_read() {
    let message = refusal::<CorridorTask>(r#"{"arena": {"size_x": -1.0}}"#);
    assert!(message.contains("size_x = -1"), "{message}");
    let message = refusal::<CorridorTask>(r#"{"motion": {"speed": -0.5}}"#);
    assert!(message.contains("speed = -0.5"), "{message}");
    let message = refusal::<Random>(r#"{"samples": 0}"#);
    assert!(message.contains("samples = 0"), "{message}");
    let message = refusal::<Autoencoder<Smoothed>>(r#"{"smooth_factor": 0.0}"#);
    assert!(message.contains("smooth_factor = 0"), "{message}");
    let message = refusal::<Predictive>(r#"{"scene_points": 1}"#);
    assert!(message.contains("scene_points = 1"), "{message}");
}

#[test]
fn misspelt_fields_are_refused() {
    let message = refusal::<CorridorTask>(r#"{"sampels": 3}"#);
    assert!(message.contains("sampels"), "{message}");
    let message = refusal::<Motion>(r#"{"speed_sd": 0.0}"#);
    assert!(message.contains("speed_sd"), "{message}");
    let message = refusal::<CorridorTask>(r#"{"perimeter": "round"}"#);
    assert!(
        message.contains("round") && message.contains("arc_length"),
        "{message}"
    );
}
