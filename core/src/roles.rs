//! Entities, the roles on them, and the rules for a single role.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    Code, Value,
    report::{Given, Report},
    spelling::Path,
    text::{listed, nearest, shown},
};

/// What a role is granted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntityType {
    /// The Organization.
    Organization,
    /// A Workspace.
    Workspace,
    /// A Deployment.
    Deployment,
    /// A DAG; its entity id is the DAG id.
    Dag,
    /// All DAGs with a tag; the entity id is the tag.
    DagTag,
}

impl EntityType {
    /// Every type of entity, widest first.
    pub const ALL: &'static [EntityType] =
        &[EntityType::Organization, EntityType::Workspace, EntityType::Deployment, EntityType::Dag, EntityType::DagTag];

    pub(crate) const CHOICES: &'static [(&'static str, EntityType)] = &[
        ("ORGANIZATION", EntityType::Organization),
        ("WORKSPACE", EntityType::Workspace),
        ("DEPLOYMENT", EntityType::Deployment),
        ("DAG", EntityType::Dag),
        ("DAG_TAG", EntityType::DagTag),
    ];

    /// As the API writes it: `DAG_TAG`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EntityType::Organization => "ORGANIZATION",
            EntityType::Workspace => "WORKSPACE",
            EntityType::Deployment => "DEPLOYMENT",
            EntityType::Dag => "DAG",
            EntityType::DagTag => "DAG_TAG",
        }
    }

    /// The roles that Astro predefines for this type of entity, strongest first. Deployments and DAGs have custom
    /// roles besides.
    #[must_use]
    pub const fn roles(self) -> &'static [&'static str] {
        match self {
            EntityType::Organization => &[
                "ORGANIZATION_OWNER",
                "ORGANIZATION_BILLING_ADMIN",
                "ORGANIZATION_MEMBER",
                "ORGANIZATION_OBSERVE_ADMIN",
                "ORGANIZATION_OBSERVE_MEMBER",
            ],
            EntityType::Workspace => {
                &["WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"]
            }
            EntityType::Deployment => &["DEPLOYMENT_ADMIN"],
            EntityType::Dag | EntityType::DagTag => &["DAG_AUTHOR", "DAG_VIEWER"],
        }
    }

    pub(crate) fn has_role(self, role: &str) -> bool {
        self.roles().contains(&role)
    }

    /// In a sentence: `a Workspace role`.
    pub(crate) fn role_noun(self) -> &'static str {
        match self {
            EntityType::Organization => "an Organization role",
            EntityType::Workspace => "a Workspace role",
            EntityType::Deployment => "a Deployment role",
            EntityType::Dag | EntityType::DagTag => "a DAG role",
        }
    }

    /// In a sentence: `Workspace`.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            EntityType::Organization => "Organization",
            EntityType::Workspace => "Workspace",
            EntityType::Deployment => "Deployment",
            EntityType::Dag => "DAG",
            EntityType::DagTag => "DAG tag",
        }
    }

    /// In a sentence: `an Organization`.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            EntityType::Organization => "an Organization",
            EntityType::Workspace => "a Workspace",
            EntityType::Deployment => "a Deployment",
            EntityType::Dag => "a DAG",
            EntityType::DagTag => "a DAG tag",
        }
    }

    /// Whether entities of this type have an id of Astro. DAG ids and tags are texts of the customer's own.
    pub(crate) fn has_id(self) -> bool {
        !matches!(self, EntityType::Dag | EntityType::DagTag)
    }

    /// Whether the roles of this type of entity may have names of the customer's own.
    fn has_custom_roles(self) -> bool {
        !matches!(self, EntityType::Organization | EntityType::Workspace)
    }
}

/// What a token is for: fixed when it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// The whole Organization.
    Organization,
    /// One Workspace.
    Workspace,
    /// One Deployment.
    Deployment,
}

impl Scope {
    /// Every scope, widest first.
    pub const ALL: &'static [Scope] = &[Scope::Organization, Scope::Workspace, Scope::Deployment];

    pub(crate) const CHOICES: &'static [(&'static str, Scope)] =
        &[("ORGANIZATION", Scope::Organization), ("WORKSPACE", Scope::Workspace), ("DEPLOYMENT", Scope::Deployment)];

    /// As the API writes it: `WORKSPACE`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entity_type().as_str()
    }

    /// The type of entity that a token of this scope belongs to, and has its primary role on.
    #[must_use]
    pub const fn entity_type(self) -> EntityType {
        match self {
            Scope::Organization => EntityType::Organization,
            Scope::Workspace => EntityType::Workspace,
            Scope::Deployment => EntityType::Deployment,
        }
    }
}

/// Roles that people expect from other products, and the one of Astro that they stand for.
const EXPECTED_ROLES: &[(&str, &str)] = &[
    ("ORGANIZATION_ADMIN", "ORGANIZATION_OWNER"),
    ("WORKSPACE_ADMIN", "WORKSPACE_OWNER"),
    ("DEPLOYMENT_OWNER", "DEPLOYMENT_ADMIN"),
];

impl Report {
    /// A role on an entity of a type; `None` where the type is not clear, so that only its text can be judged.
    pub(crate) fn role<'v>(
        &mut self,
        at: Path,
        value: &'v Value<'_>,
        entity: Option<EntityType>,
        allow_unknown_roles: bool,
    ) -> Option<&'v str> {
        if let (Value::Text(role), Some(entity)) = (value, entity)
            && entity.has_role(role)
        {
            return Some(role);
        }
        let role = match self.free_text(at, value) {
            Given::Absent => {
                let help = entity.map_or_else(
                    || "give the role".to_owned(),
                    |entity| format!("give {}, such as `{}`", entity.role_noun(), example_role(entity)),
                );
                self.missing(at, &help);
                return None;
            }
            given => given.value()?,
        };
        let Some(entity) = entity else { return Some(role) };
        // A custom role may be called as a predefined one in other letters; elsewhere that is what was meant.
        let meant = if entity.has_custom_roles() { role.to_owned() } else { in_role_letters(role) };
        if let Some(other) = EntityType::ALL.iter().find(|other| **other != entity && other.has_role(&meant)) {
            let message = format!("{} is {}, not {}", shown(role), other.role_noun(), entity.role_noun());
            // A role of the whole Organization is nothing to be led to by a slip.
            let narrower = (entity != EntityType::Organization).then(|| same_level(&meant, entity)).flatten();
            let help = match narrower {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => use_one_of(entity),
            };
            self.add(Code::RoleScopeMismatch, at, message, help);
            return None;
        }
        let near = near_role(role, entity);
        if entity.has_custom_roles() {
            let predefined = EntityType::ALL.iter().flat_map(|other| other.roles()).copied();
            if let Some(near) = near.or_else(|| nearest(role, predefined)) {
                let message = format!("{} is taken for a custom role, but it is close to `{near}`", shown(role));
                let help = if entity.has_role(near) {
                    format!("write `{near}` if you meant the predefined role")
                } else {
                    format!("check the name; `{near}` itself cannot be held here")
                };
                self.add(Code::PossibleTypo, at, message, help);
            }
            return Some(role);
        }
        let message = format!("{} is not {}", shown(role), entity.role_noun());
        match near {
            Some(near) => self.add(Code::InvalidRole, at, message, format!("did you mean `{near}`?")),
            None if allow_unknown_roles => {
                let message = format!("{message} that this release knows");
                self.add(Code::UnknownRole, at, message, format!("it is sent as it is; known are {}", known(entity)));
                return Some(role);
            }
            None => self.add(Code::InvalidRole, at, message, use_one_of(entity)),
        }
        None
    }
}

fn example_role(entity: EntityType) -> &'static str {
    match entity {
        EntityType::Organization => "ORGANIZATION_MEMBER",
        EntityType::Workspace => "WORKSPACE_MEMBER",
        EntityType::Deployment => "DEPLOYMENT_ADMIN",
        EntityType::Dag | EntityType::DagTag => "DAG_VIEWER",
    }
}

fn known(entity: EntityType) -> String {
    listed(entity.roles().iter().copied()).replace(" or ", " and ")
}

fn use_one_of(entity: EntityType) -> String {
    let custom = if entity.has_custom_roles() { ", or the name of a custom role" } else { "" };
    format!("use {}{custom}", listed(entity.roles().iter().copied()))
}

/// The role of this entity that was meant: misspelt, without the name of the entity, or called as elsewhere.
fn near_role(role: &str, entity: EntityType) -> Option<&'static str> {
    let full = in_full(role, entity);
    let expected = EXPECTED_ROLES.iter().find(|(name, _)| *name == full).map(|(_, role)| *role);
    expected.or_else(|| misspelt_role(role, entity))
}

/// The role of this entity that was misspelt, or written without the name of the entity.
pub(crate) fn misspelt_role(role: &str, entity: EntityType) -> Option<&'static str> {
    let roles = || entity.roles().iter().copied();
    nearest(&in_role_letters(role), roles()).or_else(|| nearest(&in_full(role, entity), roles()))
}

/// With the name of the entity in front: `ORGANIZATION_OWNER` for `owner` and `ORG_OWNER`.
fn in_full(role: &str, entity: EntityType) -> String {
    let written = in_role_letters(role);
    let prefix = prefix_of(entity);
    match written.split_once('_') {
        Some((first, rest)) if first.len() >= 3 && prefix.starts_with(first) => format!("{prefix}_{rest}"),
        _ => format!("{prefix}_{written}"),
    }
}

/// Upper case, with underscores for spaces and dashes.
fn in_role_letters(role: &str) -> String {
    role.trim().to_ascii_uppercase().replace(['-', ' '], "_")
}

fn prefix_of(entity: EntityType) -> &'static str {
    match entity {
        EntityType::DagTag => "DAG",
        other => other.as_str(),
    }
}

/// The role of the same level on another type of entity: `WORKSPACE_OWNER` for `ORGANIZATION_OWNER`.
fn same_level(role: &str, entity: EntityType) -> Option<&'static str> {
    let level = role.split_once('_')?.1;
    near_role(&format!("{}_{level}", prefix_of(entity)), entity)
}

impl From<EntityType> for Cow<'_, str> {
    fn from(entity_type: EntityType) -> Self {
        Cow::Borrowed(entity_type.as_str())
    }
}

impl From<Scope> for Cow<'_, str> {
    fn from(scope: Scope) -> Self {
        Cow::Borrowed(scope.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_roles_are_named() {
        let organization = EntityType::Organization;
        for written in [
            "ORGANIZATION_OWNR",
            "organization_owner",
            "ORG_OWNER",
            "Owner",
            "ORGANIZATION_ADMIN",
            "organization owner",
        ] {
            assert_eq!(near_role(written, organization), Some("ORGANIZATION_OWNER"), "{written}");
        }
        assert_eq!(near_role("WORKSPACE_ADMIN", EntityType::Workspace), Some("WORKSPACE_OWNER"));
        assert_eq!(near_role("viewer", EntityType::Dag), Some("DAG_VIEWER"));
        assert_eq!(near_role("ORGANIZATION_AUDITOR", organization), None);
        assert_eq!(near_role("data-engineer", EntityType::Deployment), None);
    }

    #[test]
    fn a_role_of_another_entity_names_its_counterpart() {
        assert_eq!(same_level("ORGANIZATION_OWNER", EntityType::Workspace), Some("WORKSPACE_OWNER"));
        assert_eq!(same_level("WORKSPACE_OWNER", EntityType::Deployment), Some("DEPLOYMENT_ADMIN"));
        assert_eq!(same_level("ORGANIZATION_BILLING_ADMIN", EntityType::Workspace), None);
    }

    #[test]
    fn names_agree_with_the_tables() {
        for (name, entity) in EntityType::CHOICES {
            assert_eq!(entity.as_str(), *name);
        }
        for (name, scope) in Scope::CHOICES {
            assert_eq!(scope.as_str(), *name);
        }
    }
}
