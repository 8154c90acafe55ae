//! Learning rules, noise and named random streams.
