//! Which resource of which version a URL is about.

use percent_encoding::percent_decode_str;

use crate::ApiVersion;

/// What a path names, below the base path of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Organizations,
    Organization,
    Workspaces,
    Workspace(String),
    Deployments,
    Deployment(String),
    Tokens,
    Token(String),
    Roles(String),
    Rotate(String),
}

impl Resource {
    pub(super) fn allows(&self, method: &str) -> bool {
        match self {
            Resource::Tokens => matches!(method, "GET" | "POST"),
            Resource::Token(_) => matches!(method, "GET" | "POST" | "DELETE"),
            Resource::Roles(_) | Resource::Rotate(_) => method == "POST",
            _ => method == "GET",
        }
    }

    fn is_about_tokens(&self) -> bool {
        matches!(self, Resource::Tokens | Resource::Token(_) | Resource::Roles(_) | Resource::Rotate(_))
    }
}

/// A path that the API has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) version: ApiVersion,
    pub(super) resource: Resource,
    /// Empty for the list of all Organizations.
    pub(super) organization_id: String,
}

/// Path and query of an absolute URL or of one that starts with its path.
pub(super) fn split(url: &str) -> (&str, &str) {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let (location, query) = url.split_once('?').unwrap_or((url, ""));
    let path = match location.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest.find('/').map_or("", |slash| &rest[slash..]),
        _ => location,
    };
    (path, query)
}

/// What a path is about; `None` where the API has nothing of that name. The base URL may have any prefix.
pub(super) fn find(path: &str) -> Option<Route> {
    let segments: Option<Vec<String>> = path.split('/').map(decoded).collect();
    let segments = segments?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    (0..segments.len()).find_map(|start| below(&segments[start..]))
}

fn below(segments: &[&str]) -> Option<Route> {
    match segments {
        ["v1", rest @ ..] => route(ApiVersion::V1, rest),
        ["iam", "v1beta1", rest @ ..] => {
            route(ApiVersion::V1Beta1, rest).filter(|route| route.resource.is_about_tokens())
        }
        ["platform", "v1beta1", rest @ ..] => {
            route(ApiVersion::V1Beta1, rest).filter(|route| !route.resource.is_about_tokens())
        }
        _ => None,
    }
}

fn route(version: ApiVersion, segments: &[&str]) -> Option<Route> {
    let (organization_id, resource) = match segments {
        ["organizations"] => ("", Resource::Organizations),
        ["organizations", organization_id, rest @ ..] => {
            let resource = match rest {
                [] => Resource::Organization,
                ["workspaces"] => Resource::Workspaces,
                ["workspaces", id] => Resource::Workspace((*id).to_owned()),
                ["deployments"] => Resource::Deployments,
                ["deployments", id] => Resource::Deployment((*id).to_owned()),
                ["tokens"] => Resource::Tokens,
                ["tokens", id] => Resource::Token((*id).to_owned()),
                ["tokens", id, "roles"] => Resource::Roles((*id).to_owned()),
                ["tokens", id, "rotate"] => Resource::Rotate((*id).to_owned()),
                _ => return None,
            };
            (*organization_id, resource)
        }
        _ => return None,
    };
    Some(Route { version, resource, organization_id: organization_id.to_owned() })
}

/// Whether a path ends with the segments of a pattern, where `*` stands for any one.
pub(super) fn ends_with(path: &str, pattern: &str) -> bool {
    let mut segments = path.rsplit('/');
    pattern
        .trim_start_matches('/')
        .rsplit('/')
        .all(|wanted| segments.next().is_some_and(|segment| wanted == "*" || wanted == segment))
}

/// The pairs of a query, decoded as forms are: a plus is a space.
pub(super) fn query(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

fn decoded(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_behind_any_prefix() {
        let tokens = |version| Route { version, resource: Resource::Tokens, organization_id: "clorg".to_owned() };
        for (url, route) in [
            ("/v1/organizations/clorg/tokens", Some(tokens(ApiVersion::V1))),
            ("https://api.astronomer.io/v1/organizations/clorg/tokens?limit=1", Some(tokens(ApiVersion::V1))),
            ("http://[::1]:8888/a/v1/v1/organizations/cl%6frg/tokens#x", Some(tokens(ApiVersion::V1))),
            ("https://h/iam/v1beta1/organizations/clorg/tokens", Some(tokens(ApiVersion::V1Beta1))),
            ("https://h/platform/v1beta1/organizations/clorg/tokens", None),
            ("https://h/iam/v1beta1/organizations/clorg/workspaces", None),
            ("/a://b/v1/organizations/clorg/tokens", Some(tokens(ApiVersion::V1))),
            ("https://h/v2/organizations/clorg/tokens", None),
            ("https://h/v1/organizations/clorg/tokens/", None),
            ("https://h/v1/organizations/clorg/tokens/a/b", None),
            ("https://h/v1/organizations/%ff/tokens", None),
            ("https://h", None),
        ] {
            let found = find(split(url).0);
            // A trailing slash makes an empty id, which no token has.
            let is_empty_id = found.as_ref().is_some_and(|found| found.resource == Resource::Token(String::new()));
            assert_eq!(found.filter(|_| !is_empty_id), route, "{url}");
        }
    }

    #[test]
    fn patterns_are_whole_segments_from_the_end() {
        let path = "/v1/organizations/clorg/tokens/cltoken1/rotate";
        for (pattern, expected) in [
            ("/rotate", true),
            ("rotate", true),
            ("/tokens/*/rotate", true),
            ("/tokens/cltoken1/rotate", true),
            (path, true),
            ("/tate", false),
            ("/tokens", false),
            ("/tokens/*", false),
        ] {
            assert_eq!(ends_with(path, pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn queries_are_decoded() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(query("a=b%20c+d&&e&f=g%3D=h"), [pair("a", "b c d"), pair("e", ""), pair("f", "g==h")]);
        assert_eq!(query(""), []);
    }
}
