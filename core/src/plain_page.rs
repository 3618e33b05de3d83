//! The short way for list pages, for hosts that read JSON themselves, and faster than it could be handed to them: where
//! a page is as documented, as nearly all are, they need nothing but to know that, and the times.
//!
//! It walks over the text once and keeps nothing but times. It takes for granted that the text is JSON, which the
//! host's own reader finds out. Whatever this does not take goes the long way through [`TokenPage`], which says what is
//! wrong. That both agree is tested with generated pages.

use crate::{EntityType, Enumeration, TokenPage, plain::is_id, timestamp::unix_millis, token::TokenTimes};

/// What a field holds, of those that this release knows.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Text,
    /// An id of Astro.
    Id,
    /// The type of the entity of a role, which says whether it has an id or a name of the user's own.
    EntityType,
    EntityId,
    Integer,
    /// Which of [`TokenTimes`].
    Time(usize),
    Subject,
    Roles,
    Tokens,
    /// What is read otherwise than it is written.
    Special,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    name: &'static str,
    holds: Holds,
    /// Whether the short way needs it. What the long way adds where it is missing counts, too.
    is_required: bool,
}

const fn required(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, is_required: true }
}

const fn optional(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, is_required: false }
}

/// The fields of [`TokenPage`].
const PAGE: &[Field] = &[
    required("tokens", Holds::Tokens),
    required("limit", Holds::Integer),
    required("offset", Holds::Integer),
    required("totalCount", Holds::Integer),
];

/// The fields of [`ApiToken`](crate::ApiToken).
const TOKEN: &[Field] = &[
    required("id", Holds::Id),
    required("name", Holds::Text),
    required("description", Holds::Text),
    required("scope", Holds::Text),
    optional("kind", Holds::Text),
    optional("roles", Holds::Roles),
    required("shortToken", Holds::Text),
    required("startAt", Holds::Time(0)),
    optional("endAt", Holds::Time(1)),
    required("createdAt", Holds::Time(2)),
    required("updatedAt", Holds::Time(3)),
    optional("expiryPeriodInDays", Holds::Integer),
    optional("lastUsedAt", Holds::Time(4)),
    optional("lastRotatedAt", Holds::Time(5)),
    optional("createdBy", Holds::Subject),
    optional("updatedBy", Holds::Subject),
    // The scope in v1beta1.
    optional("type", Holds::Special),
    // A secret, which must not be shown.
    optional("token", Holds::Special),
];

/// The fields of [`TokenRole`](crate::TokenRole).
const ROLE: &[Field] = &[
    required("entityType", Holds::EntityType),
    required("entityId", Holds::EntityId),
    required("role", Holds::Text),
    optional("deploymentId", Holds::Text),
];

/// The fields of [`Subject`](crate::Subject).
const SUBJECT: &[Field] = &[
    required("id", Holds::Text),
    optional("subjectType", Holds::Text),
    optional("fullName", Holds::Text),
    optional("username", Holds::Text),
    optional("apiTokenName", Holds::Text),
];

impl TokenPage {
    /// The times of its tokens, if JSON says all the rest of it: if this text, provided that it is JSON, means the same
    /// as what a `TokenPage` that is read from it is written as. Nothing says nothing: it may be a page nevertheless.
    ///
    /// ```
    /// use astro_tokens::TokenPage;
    ///
    /// let page = r#"{"tokens": [], "limit": 20, "offset": 0, "totalCount": 0}"#;
    /// assert_eq!(TokenPage::plain_times(page.as_bytes()), Some(vec![]));
    /// assert_eq!(TokenPage::plain_times(br#"{"tokens": null, "limit": 20, "offset": 0, "totalCount": 0}"#), None);
    /// ```
    #[must_use]
    pub fn plain_times(json: &[u8]) -> Option<Vec<TokenTimes>> {
        let text = std::str::from_utf8(json).ok()?;
        let mut walk = Walk { text, at: 0, times: Vec::new(), role: Role::default() };
        walk.object(PAGE)?;
        walk.space();
        (walk.at == text.len()).then_some(walk.times)
    }
}

/// Deeper than any answer, and less deep than what the long way refuses.
const DEEPEST: usize = 64;
/// Shorter than any number that is out of range.
const LONGEST_INTEGER: usize = 18;
const LONGEST_NUMBER: usize = 200;

/// A place in a text. Each method goes behind what it is called, or gives up.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    times: Vec<TokenTimes>,
    role: Role,
}

/// What is known about the role that the walk is in. Its entity may be named before its type.
#[derive(Default)]
struct Role {
    /// Whether entities of its type have ids of Astro.
    needs_id: bool,
    has_id: bool,
}

impl<'a> Walk<'a> {
    fn object(&mut self, fields: &[Field]) -> Option<()> {
        let (mut seen, mut likely) = (0_u32, 0);
        self.expect(b'{')?;
        if !self.is_next(b'}') {
            loop {
                let key = self.string()?;
                self.expect(b':')?;
                // Astro writes them in the order that they have here.
                let found = (likely..fields.len()).chain(0..likely).find(|position| fields[*position].name == key);
                match found {
                    Some(position) => {
                        // Twice is once too often.
                        if seen & 1 << position != 0 {
                            return None;
                        }
                        seen |= 1 << position;
                        likely = position + 1;
                        self.value(fields[position].holds)?;
                    }
                    // It may be written otherwise than it is called.
                    None if key.contains('\\') => return None,
                    None => self.unknown(DEEPEST)?,
                }
                if !self.is_next(b',') {
                    break;
                }
            }
            self.expect(b'}')?;
        }
        let is_there = |(position, field): (usize, &Field)| seen & 1 << position != 0 || !field.is_required;
        fields.iter().enumerate().all(is_there).then_some(())
    }

    fn value(&mut self, holds: Holds) -> Option<()> {
        match holds {
            Holds::Text => self.string().map(|_| ()),
            // An id with an escape in it goes the long way, which knows what it means.
            Holds::Id => is_id(self.string()?).then_some(()),
            Holds::EntityType => {
                let name = self.string()?;
                self.role.needs_id = EntityType::named(name).is_some_and(EntityType::has_id);
                (!name.contains('\\')).then_some(())
            }
            Holds::EntityId => {
                self.role.has_id = is_id(self.string()?);
                Some(())
            }
            Holds::Integer => {
                let number = self.number()?;
                (number.len() <= LONGEST_INTEGER && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
            }
            Holds::Time(which) => {
                let millis = unix_millis(self.string()?)?;
                *self.times.last_mut()?.get_mut(which)? = Some(millis);
                Some(())
            }
            Holds::Subject => self.object(SUBJECT),
            Holds::Roles => self.items(|walk| {
                walk.object(ROLE)?;
                (walk.role.has_id || !walk.role.needs_id).then_some(())
            }),
            Holds::Tokens => self.items(|walk| {
                walk.times.push(TokenTimes::default());
                walk.object(TOKEN)
            }),
            Holds::Special => None,
        }
    }

    /// A value of which nothing is known.
    fn unknown(&mut self, room: usize) -> Option<()> {
        let room = room.checked_sub(1)?;
        self.space();
        match self.byte()? {
            b'"' => self.string().map(|_| ()),
            b'[' => self.items(|walk| walk.unknown(room)),
            b'{' => {
                self.expect(b'{')?;
                if self.is_next(b'}') {
                    return Some(());
                }
                loop {
                    self.string()?;
                    self.expect(b':')?;
                    self.unknown(room)?;
                    if !self.is_next(b',') {
                        return self.expect(b'}');
                    }
                }
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    fn items(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.is_next(b']') {
            return Some(());
        }
        loop {
            item(self)?;
            if !self.is_next(b',') {
                return self.expect(b']');
            }
        }
    }

    /// A string as it is written between its quotes.
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            self.at += bytes.get(self.at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            let string = self.text.get(start..self.at)?;
            if self.byte()? == b'"' {
                self.at += 1;
                return Some(string);
            }
            // Halves of characters, which text cannot hold, are written in this way alone.
            if matches!(bytes.get(self.at..self.at + 3)?, [_, b'u', b'd' | b'D']) {
                return None;
            }
            self.at += 2;
        }
    }

    /// A number as it is written.
    fn number(&mut self) -> Option<&'a str> {
        self.space();
        let rest = self.text.get(self.at..)?;
        let length = rest.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'.')).count();
        let behind = rest.as_bytes().get(length);
        if length == 0 || length > LONGEST_NUMBER || matches!(behind, Some(b'e' | b'E')) {
            return None;
        }
        self.at += length;
        rest.get(..length)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    fn is_next(&mut self, byte: u8) -> bool {
        // Astro writes none.
        if self.byte() != Some(byte) {
            self.space();
        }
        let is_next = self.byte() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.is_next(byte).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{ApiToken, ListTokens, Operation, Response, Subject, TokenRole};

    const TIME: &str = "2026-03-08T13:30:48.766Z";

    fn subject() -> Value {
        json!({"id": "cl", "subjectType": "USER", "fullName": "Ada", "username": "ada", "apiTokenName": "CI"})
    }

    fn token() -> Value {
        json!({
            "id": "cltoken", "name": "CI", "description": "", "scope": "WORKSPACE", "kind": "STANDARD",
            "roles": [{"entityType": "DAG", "entityId": "etl", "role": "DAG_VIEWER", "deploymentId": "cldep"}, {
                "entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_OWNER"
            }],
            "shortToken": "x", "startAt": TIME, "endAt": TIME, "createdAt": TIME, "updatedAt": TIME, "lastUsedAt": TIME,
            "lastRotatedAt": TIME, "expiryPeriodInDays": 30, "createdBy": subject(), "updatedBy": subject(),
        })
    }

    fn page() -> Value {
        json!({"tokens": [token(), token()], "limit": 20, "offset": 0, "totalCount": 2})
    }

    /// Texts of JSON, of the kinds that make a difference.
    fn texts() -> impl Strategy<Value = String> {
        let known = [
            "null",
            "true",
            "0",
            "-0",
            "-1",
            "1.5",
            "1e2",
            "1e999",
            "90",
            "123456789012345678",
            "9223372036854775808",
            "\"\"",
            "\"CI\"",
            "\"é\"",
            r#""a\"b""#,
            r#""\\""#,
            r#""\u0041""#,
            r#""\ud83d\ude00""#,
            r#""\uD800""#,
            "\"2026-03-08T13:30:48Z\"",
            "\"2026-02-30T13:30:48Z\"",
            "[]",
            "{}",
            "[{}]",
            "[null]",
            r#"{"a":[{"b":{}},1.25,false]}"#,
            r#"{"id":"x"}"#,
            r#"{"id":"x","id":"y"}"#,
            r#"{"id":null}"#,
            "\"..\"",
            "\"a/b\"",
            "\"team-7_x\"",
            "\"WORKSPACE\"",
            "\"DAG_TAG\"",
            r#""WORKSP\u0041CE""#,
            "\"PLANET\"",
        ];
        prop_oneof![
            10 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
            1 => (60_usize..130).prop_map(|depth| "[".repeat(depth) + &"]".repeat(depth)),
            1 => (190_usize..400).prop_map(|length| "9".repeat(length)),
            1 => (63_usize..67).prop_map(|length| format!("\"{}\"", "x".repeat(length))),
        ]
    }

    /// The keys of every object, some that are close to one, and some that none has.
    fn keys() -> impl Strategy<Value = String> {
        let others = ["type", "token", "new", "__proto__", r"i\u0064", r"\ud800", "ID"];
        let names = [PAGE, TOKEN, ROLE, SUBJECT].concat().into_iter().map(|field| field.name).chain(others);
        prop::sample::select(names.map(str::to_owned).collect::<Vec<_>>())
    }

    /// What is done to one object of a page: a member is taken out, or put in before or behind the others.
    fn changed(object: &Value, key: &str, text: Option<&str>, first: bool) -> String {
        let members = object.as_object().unwrap().iter();
        let mut members: Vec<_> = members
            .filter(|(name, _)| *name != key || first)
            .map(|(name, value)| format!("{:?}:{value}", name))
            .collect();
        if let Some(text) = text {
            members.insert(if first { 0 } else { members.len() }, format!("\"{key}\" : {text}"));
        }
        format!("{{{}}}", members.join(" ,\n"))
    }

    fn is_as_written(text: &str) -> Result<bool, TestCaseError> {
        let Some(times) = TokenPage::plain_times(text.as_bytes()) else { return Ok(false) };
        // What is no JSON, the host finds out.
        if let Ok(written) = serde_json::from_str::<Value>(text) {
            let response = Response::new(200, [("content-type", "application/json")], text);
            let page = ListTokens::parse(&response).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(page.tokens.iter().map(ApiToken::times).collect::<Vec<_>>(), times);
            prop_assert_eq!(serde_json::to_value(&page).unwrap(), written);
        }
        Ok(true)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn the_short_way_and_the_long_one_agree(
            place in prop::sample::select(vec![
                "",
                "/tokens/1",
                "/tokens/0/roles/0",
                "/tokens/0/roles/1",
                "/tokens/0/createdBy",
            ]),
            key in keys(),
            text in prop::option::of(texts()),
            first in any::<bool>(),
        ) {
            let mut page = page();
            let object = std::mem::replace(page.pointer_mut(place).unwrap(), json!("HERE"));
            let text = page.to_string().replace("\"HERE\"", &changed(&object, &key, text.as_deref(), first));
            is_as_written(&text)?;
        }

        #[test]
        fn no_text_is_too_strange(text in r#"[ \[\]{}:,"\\a-e0-9u.é-]{0,40}"#, cut in 0_usize..2000) {
            is_as_written(&text)?;
            let page = page().to_string();
            is_as_written(&format!("{}{text}", &page[..cut.min(page.len())]))?;
        }
    }

    #[test]
    fn an_id_that_cannot_be_one_goes_the_long_way() {
        let long = "x".repeat(65);
        for place in ["/tokens/1/id", "/tokens/0/roles/1/entityId"] {
            for wrong in ["", "..", "a/b", "a b", long.as_str()] {
                let mut page = page();
                *page.pointer_mut(place).unwrap() = json!(wrong);
                assert!(!is_as_written(&page.to_string()).unwrap(), "{place} {wrong}");
            }
        }
        // A type of entity that is escaped may be any.
        let mut escaped = page();
        escaped["tokens"][0]["roles"][1]["entityId"] = json!("a/b");
        let escaped = escaped.to_string().replace(r#""entityType":"WORKSPACE""#, r#""entityType":"WORKSP\u0041CE""#);
        assert!(escaped.contains(r"\u0041") && !is_as_written(&escaped).unwrap());
        // A DAG id is a text of the user's own, and stands before its type as well as behind it.
        let dag = r#"{"entityId":"team a/etl.daily","entityType":"DAG","role":"DAG_VIEWER"}"#;
        let mut page = page();
        page["tokens"][0]["roles"][0] = json!("HERE");
        assert!(is_as_written(&page.to_string().replace("\"HERE\"", dag)).unwrap());
    }

    #[test]
    fn usual_pages_go_the_short_way() {
        let mut newer = page();
        newer["tokens"][0]["new"] = json!({"a": [1, -2.5, "x\n", true, null, {}]});
        newer["new"] = json!("é");
        for page in [page(), newer] {
            for text in [page.to_string(), serde_json::to_string_pretty(&page).unwrap()] {
                assert!(is_as_written(&text).unwrap(), "{text}");
            }
        }
    }

    #[test]
    fn the_fields_are_those_of_the_long_way() {
        fn names(written: &Value, fields: &[Field]) {
            let names = fields.iter().filter(|field| !matches!(field.holds, Holds::Special)).map(|field| field.name);
            let mut names: Vec<_> = names.collect();
            names.sort_unstable();
            let mut written: Vec<_> = written.as_object().unwrap().keys().collect();
            written.sort_unstable();
            assert_eq!(names, written);
        }
        let page: TokenPage = serde_json::from_value(page()).unwrap();
        let TokenPage { extra, .. } = &page;
        let ApiToken { extra: of_token, roles: Some(roles), created_by: Some(subject), .. } = &page.tokens[0] else {
            panic!("they are there")
        };
        let (TokenRole { extra: of_role, .. }, Subject { extra: of_subject, .. }) = (&roles[0], subject);
        assert!([extra, of_token, of_role, of_subject].iter().all(|extra| extra.is_empty()), "all of it is known");
        names(&serde_json::to_value(&page).unwrap(), PAGE);
        names(&serde_json::to_value(&page.tokens[0]).unwrap(), TOKEN);
        names(&serde_json::to_value(&roles[0]).unwrap(), ROLE);
        names(&serde_json::to_value(subject).unwrap(), SUBJECT);
    }
}
