//! Values of tokens: JWTs with the claims of the real ones, of which only hashes are kept.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Secret;

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
        let header = base64url(br#"{"alg":"RS256","kid":"sandbox","typ":"JWT"}"#);
        let signed = format!("{header}.{}", base64url(payload.to_string().as_bytes()));
        let mut signature = Vec::with_capacity(256);
        for block in 0..8_u8 {
            signature.extend_from_slice(&Sha256::new().chain_update(&signed).chain_update([block]).finalize());
        }
        Secret::new(format!("{signed}.{}", base64url(&signature)))
    }
}

/// What is kept of a value: its SHA-256 in hexadecimal digits.
pub(super) fn hash(value: &str) -> String {
    Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Source: RFC 4648, section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            let digit = bits >> (18 - 6 * position) & 63;
            out.push(char::from(ALPHABET[digit as usize]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10, without padding.
    #[test]
    fn bytes_are_encoded() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")]
        {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
