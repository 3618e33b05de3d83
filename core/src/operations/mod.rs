//! The seven operations of the API on tokens, one file each.

mod create_token;
mod delete_token;
mod get_token;
mod list_tokens;
mod plain_create;
mod rotate_token;
mod update_token;
mod update_token_roles;

pub use create_token::{CreateToken, Kind};
pub use delete_token::DeleteToken;
pub use get_token::GetToken;
pub use list_tokens::ListTokens;
pub use rotate_token::RotateToken;
pub use update_token::UpdateToken;
pub use update_token_roles::UpdateTokenRoles;

#[cfg(feature = "cli")]
pub(crate) use create_token::expiration;
pub(crate) use list_tokens::SORTS;

use std::sync::Arc;

use crate::{
    Answer, Api, ApiError, ApiToken, Method, Problem, Request, Response, SubjectRoles, TokenPage, ValidationError,
    Value, answer, fields::Fields, report::Report, request,
};

/// One request to the API of tokens: it validates itself, builds the [`Request`], and reads the answer to it.
pub trait Operation {
    /// The name of the operation: `create_token`.
    const NAME: &'static str;

    /// What Astro answers.
    type Answer;

    /// Everything that is wrong or worth a look, without building anything.
    fn problems(&self, api: &Api) -> Vec<Problem>;

    /// Builds the request.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every problem, where one of them is an error.
    fn request(&self, api: &Api) -> Result<Request, ValidationError>;

    /// Reads the answer to the request.
    ///
    /// # Errors
    ///
    /// [`ApiError`] where Astro refused, or where its answer cannot be read.
    fn parse(response: &Response) -> Result<Self::Answer, ApiError>;
}

/// What an operation makes of valid input.
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) url: Arc<str>,
    pub(crate) body: Option<Vec<u8>>,
}

/// The URL of one token, with a suffix for what is to be done with it.
pub(crate) fn token_url(api: &Api, token_id: &str, suffix: &str) -> Arc<str> {
    let mut url = String::with_capacity(api.tokens_url().len() + token_id.len() + suffix.len() + 1);
    url.push_str(api.tokens_url());
    url.push('/');
    request::push_encoded(&mut url, token_id);
    url.push_str(suffix);
    url.into()
}

fn finish(report: Report, name: &'static str, draft: Option<Draft>) -> Result<Request, ValidationError> {
    let (Draft { method, url, body }, warnings) = report.finish(name, draft)?;
    Ok(Request { method, url, body, warnings })
}

/// One line per operation: it becomes an [`Operation`] and a member of [`OperationKind`].
macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $Name:ident = $name:literal, $read:ident -> $Answer:ty;)+) => {
        $(impl Operation for $Name<'_> {
            const NAME: &'static str = $name;
            type Answer = $Answer;

            fn problems(&self, api: &Api) -> Vec<Problem> {
                match self.request(api) {
                    Ok(request) => request.warnings,
                    Err(error) => error.problems,
                }
            }

            fn request(&self, api: &Api) -> Result<Request, ValidationError> {
                let mut report = api.report();
                let draft = self.draft(api, &mut report);
                finish(report, Self::NAME, draft)
            }

            fn parse(response: &Response) -> Result<$Answer, ApiError> {
                answer::$read(response)
            }
        })+

        /// The operations by name, for callers whose input is a mapping of anything.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum OperationKind {
            $($(#[doc = $doc])+ $Name,)+
        }

        impl OperationKind {
            /// Every operation.
            pub const ALL: &'static [OperationKind] = &[$(OperationKind::$Name),+];

            /// The name of the operation: `create_token`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(OperationKind::$Name => $name,)+ }
            }

            /// The fields of the input in snake case, in the order of the documentation.
            #[must_use]
            pub fn fields(self) -> &'static [&'static str] {
                match self { $(OperationKind::$Name => <$Name<'static> as Fields>::FIELDS,)+ }
            }

            /// Builds the request from an object with the fields by name.
            ///
            /// ```
            /// use astro_tokens::{Api, OperationKind, Value};
            ///
            /// let api = Api::new("clorg")?;
            /// let input = Value::Object(vec![("tokenID".into(), "cltoken".into())]);
            /// let error = OperationKind::GetToken.request(&api, input).unwrap_err();
            /// assert_eq!(error.problems[0].help.as_deref(), Some("did you mean `token_id`?"));
            /// # Ok::<(), astro_tokens::ValidationError>(())
            /// ```
            ///
            /// # Errors
            ///
            /// [`ValidationError`] with every problem, unknown keys among them, where one is an error.
            pub fn request(self, api: &Api, input: Value<'_>) -> Result<Request, ValidationError> {
                let mut report = api.report();
                let Value::Object(pairs) = input else {
                    report.wrong_input(&input);
                    return finish(report, self.as_str(), None);
                };
                let draft = match self {
                    $(OperationKind::$Name => {
                        <$Name<'_> as Fields>::read(&mut report, "", pairs.into_iter()).draft(api, &mut report)
                    })+
                };
                finish(report, self.as_str(), draft)
            }

            /// Reads the answer to a request of this operation.
            ///
            /// ```
            /// use astro_tokens::{Answer, Api, GetToken, Operation, Response};
            ///
            /// let request = GetToken::new("cltoken").request(&Api::new("clorg")?)?;
            /// let operation = request.operation().unwrap();
            /// let response = Response::new(404, [("content-type", "application/json")], r#"{"message": "no such token"}"#);
            /// assert_eq!(operation.parse(&response).unwrap_err().message, "no such token");
            /// # Ok::<(), astro_tokens::ValidationError>(())
            /// ```
            ///
            /// # Errors
            ///
            /// [`ApiError`] where Astro refused, or where its answer cannot be read.
            pub fn parse(self, response: &Response) -> Result<Answer, ApiError> {
                match self { $(OperationKind::$Name => $Name::parse(response).map(Answer::from),)+ }
            }
        }
    };
}

operations! {
    /// [`CreateToken`]
    CreateToken = "create_token", read_with_secret -> ApiToken;
    /// [`ListTokens`]
    ListTokens = "list_tokens", read -> TokenPage;
    /// [`GetToken`]
    GetToken = "get_token", read -> ApiToken;
    /// [`UpdateToken`]
    UpdateToken = "update_token", read -> ApiToken;
    /// [`UpdateTokenRoles`]
    UpdateTokenRoles = "update_token_roles", read -> SubjectRoles;
    /// [`RotateToken`]
    RotateToken = "rotate_token", read_with_secret -> ApiToken;
    /// [`DeleteToken`]
    DeleteToken = "delete_token", read_nothing -> ();
}
