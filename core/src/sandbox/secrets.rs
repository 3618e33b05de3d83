//! Values of tokens: JWTs with the claims of the real ones, of which only hashes are kept.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{Secret, base64url};

/// What tells one value from another.
pub(super) struct Claims<'a> {
    pub(super) token_id: &'a str,
    pub(super) organization_id: &'a str,
    pub(super) workspace_id: Option<&'a str>,
    pub(super) deployment_id: Option<&'a str>,
    /// In seconds since 1970.
    pub(super) issued_at: i64,
    pub(super) expires_at: Option<i64>,
    /// Differs from value to value, so that a rotated token has another one within the same second.
    pub(super) serial: u64,
}

impl Claims<'_> {
    /// The value. Its signature is as long as one of RS256 and signs nothing.
    ///
    /// Source: RFC 7519, and the claims that the Astro CLI reads.
    pub(super) fn secret(&self) -> Secret {
        let mut permissions =
            vec![format!("apiTokenId:{}", self.token_id), format!("organizationId:{}", self.organization_id)];
        permissions.extend(self.workspace_id.map(|id| format!("workspaceId:{id}")));
        permissions.extend(self.deployment_id.map(|id| format!("deploymentId:{id}")));
        let mut payload = json!({
            "aud": "astronomer-ee",
            "iss": "astro-tokens-sandbox",
            "sub": self.token_id,
            "org_id": self.organization_id,
            "apiTokenId": self.token_id,
            "isAstronomerGenerated": true,
            "scope": permissions.join(" "),
            "permissions": permissions,
            "version": "v1",
            "iat": self.issued_at,
            "jti": self.serial.to_string(),
        });
        if let Some(expires_at) = self.expires_at {
            payload["exp"] = expires_at.into();
        }
        // In the order of their names, whatever order serde_json keeps in the program that this is a part of: a value that
        // one made is the value that another expects.
        let payload: BTreeMap<_, _> = payload.as_object().into_iter().flatten().collect();
        // Its keys are text, so it can be written.
        let payload = serde_json::to_string(&payload).unwrap_or_default();
        let header = base64url::encode(br#"{"alg":"RS256","kid":"sandbox","typ":"JWT"}"#);
        let signed = format!("{header}.{}", base64url::encode(payload.as_bytes()));
        let mut signature = Vec::with_capacity(256);
        for block in 0..8_u8 {
            signature.extend_from_slice(&Sha256::new().chain_update(&signed).chain_update([block]).finalize());
        }
        Secret::new(format!("{signed}.{}", base64url::encode(&signature)))
    }
}

/// What is kept of a value: its SHA-256 in hexadecimal digits.
pub(super) fn hash(value: &str) -> String {
    Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_what_the_real_ones_say() {
        let claims = Claims {
            token_id: "cltok",
            organization_id: "clorg",
            workspace_id: Some("clws"),
            deployment_id: None,
            issued_at: 1_795_336_810,
            expires_at: Some(1_795_336_811),
            serial: 1,
        };
        let value = claims.secret();
        let read = crate::inspect(value.expose(), 1_795_336_810_000).unwrap();
        assert_eq!((read.organization_id.as_str(), read.workspace_id.as_deref()), ("clorg", Some("clws")));
        assert_eq!((read.token_id.as_deref(), read.scope), (Some("cltok"), crate::Scope::Workspace));
        assert!(crate::inspect(value.expose(), 1_795_336_811_000).is_err());
    }
}
