//! `core/vocabulary.json` publishes what the core knows; it has to be what the core knows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use astro_tokens::Vocabulary;

/// Run with `UPDATE_VOCABULARY=1` to write the file anew.
#[test]
fn the_published_vocabulary_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vocabulary.json");
    let current = serde_json::to_string_pretty(&Vocabulary::new()).unwrap() + "\n";
    if std::env::var_os("UPDATE_VOCABULARY").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), current);
}
