//! [`Vocabulary`]: every word that this crate knows, for declarations and documentation in other languages.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conversation::{EffectAction, EffectState, FailureCode, WorkKind};
use crate::{ApiVersion, Code, EntityType, Kind, OperationKind, Scope, Severity, operations::SORTS};
#[cfg(feature = "cli")]
use crate::{Command, CommandOperation, Shell};

/// Every enumeration of the API and every problem code, as plain data.
///
/// The repository keeps it as `core/vocabulary.json`; the literal types of the TypeScript declarations and the Python
/// stubs are tested against that file.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Vocabulary {
    /// The problem codes, errors first.
    pub codes: Vec<CodeEntry>,
    /// The predefined roles by type of entity, strongest first.
    pub roles: BTreeMap<&'static str, &'static [&'static str]>,
    /// The types of entities.
    pub entity_types: Vec<&'static str>,
    /// The scopes of tokens.
    pub scopes: Vec<&'static str>,
    /// The kinds of tokens.
    pub kinds: Vec<&'static str>,
    /// The orders of a list.
    pub sorts: Vec<&'static str>,
    /// The versions of the API.
    pub api_versions: Vec<&'static str>,
    /// What a command may do.
    #[cfg(feature = "cli")]
    pub command_operations: Vec<&'static str>,
    /// The fields of a command as data, in snake case.
    #[cfg(feature = "cli")]
    pub command_fields: &'static [&'static str],
    /// The shells that a command can be written for.
    #[cfg(feature = "cli")]
    pub shells: Vec<&'static str>,
    /// The fields of each operation's input, in snake case.
    pub operations: BTreeMap<&'static str, &'static [&'static str]>,
    /// The fields of each conversation's input, in snake case.
    pub conversations: BTreeMap<&'static str, &'static [&'static str]>,
    /// What an effect of a conversation does to a token.
    pub effect_actions: &'static [EffectAction],
    /// How far an effect is.
    pub effect_states: &'static [EffectState],
    /// The ways in which conversations fail.
    pub failures: Vec<FailureEntry>,
}

/// One way in which conversations fail.
#[derive(Clone, Debug, Serialize)]
pub struct FailureEntry {
    /// The code.
    pub code: FailureCode,
    /// What it means.
    pub summary: &'static str,
}

/// One problem code.
#[derive(Clone, Debug, Serialize)]
pub struct CodeEntry {
    /// The code.
    pub code: Code,
    /// How severe it is by itself.
    pub severity: Severity,
    /// When it is reported.
    pub summary: &'static str,
}

impl Vocabulary {
    /// All of it.
    #[must_use]
    pub fn new() -> Self {
        fn names<T>(choices: &[(&'static str, T)]) -> Vec<&'static str> {
            choices.iter().map(|(name, _)| *name).collect()
        }
        Vocabulary {
            codes: Code::ALL
                .iter()
                .map(|code| CodeEntry { code: *code, severity: code.severity(), summary: code.summary() })
                .collect(),
            roles: EntityType::ALL.iter().map(|entity| (entity.as_str(), entity.roles())).collect(),
            entity_types: names(EntityType::CHOICES),
            scopes: names(Scope::CHOICES),
            kinds: names(Kind::CHOICES),
            sorts: names(SORTS),
            api_versions: names(ApiVersion::CHOICES),
            #[cfg(feature = "cli")]
            command_operations: names(CommandOperation::CHOICES),
            #[cfg(feature = "cli")]
            command_fields: Command::FIELDS,
            #[cfg(feature = "cli")]
            shells: names(Shell::CHOICES),
            operations: OperationKind::ALL.iter().map(|kind| (kind.as_str(), kind.fields())).collect(),
            conversations: WorkKind::ALL.iter().map(|kind| (kind.as_str(), kind.fields())).collect(),
            effect_actions: EffectAction::ALL,
            effect_states: EffectState::ALL,
            failures: FailureCode::ALL
                .iter()
                .map(|code| FailureEntry { code: *code, summary: code.summary() })
                .collect(),
        }
    }
}

impl Default for Vocabulary {
    fn default() -> Self {
        Vocabulary::new()
    }
}
