//! [`Work`]: the inputs of conversations, and how each becomes one.

use super::{
    AddTokenRole, AllTokens, ChangeTokenRole, CloneToken, Conversation, CreateToken, DeleteToken, FindToken,
    FinishRotation, RemoveTokenRole, RoleChange, RotateToken, Rotation, Session, TokenUpdate, UpdateToken,
    error::Failure, talk::Talk,
};
use crate::{ApiToken, ValidationError, Value, fields::Fields, report::Report};

/// Work that takes several requests: it validates itself and becomes a [`Conversation`].
pub trait Work {
    /// The name of the work: `rotate_token`.
    const NAME: &'static str;

    /// What comes of it.
    type Outcome;

    /// Begins a conversation. `seed` is for the jitter of its waits: any number, a different one each time.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with everything that can be judged before anything is read.
    fn start(&self, session: &Session, seed: u64) -> Result<Conversation<Self::Outcome>, ValidationError>;
}

/// Valid input, ready to be talked over.
pub(crate) trait Plan: Send + 'static {
    type Outcome: 'static;

    fn run(self, talk: Talk) -> impl Future<Output = Result<Self::Outcome, Failure>> + Send;
}

/// The beginning of a conversation: a plan, if the input was valid, with what the report says about it.
pub(crate) fn begin<P: Plan>(
    name: &'static str,
    session: &Session,
    seed: u64,
    report: Report,
    plan: Option<P>,
) -> Result<Conversation<P::Outcome>, ValidationError> {
    let (plan, warnings) = report.finish(name, plan)?;
    let talk = Talk::new(name, session.clone(), seed, warnings);
    let running = Some(Box::pin(plan.run(talk.clone())) as super::Running<P::Outcome>);
    Ok(Conversation { name, talk, running, has_begun: false })
}

/// The plan of an input that is none.
enum Never {}

impl Plan for Never {
    type Outcome = Outcome;

    async fn run(self, _: Talk) -> Result<Outcome, Failure> {
        match self {}
    }
}

/// What comes of any conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The token, with its secret where it was created.
    Token(Box<ApiToken>),
    /// A token was changed, or found to be so already.
    Update(Box<TokenUpdate>),
    /// The roles of a token were changed, or found to be so already.
    Roles(Box<RoleChange>),
    /// A secret was replaced.
    Rotation(Box<Rotation>),
    /// It is done, and there is nothing to say.
    Nothing,
}

impl From<ApiToken> for Outcome {
    fn from(token: ApiToken) -> Self {
        Outcome::Token(Box::new(token))
    }
}

impl From<TokenUpdate> for Outcome {
    fn from(update: TokenUpdate) -> Self {
        Outcome::Update(Box::new(update))
    }
}

impl From<RoleChange> for Outcome {
    fn from(change: RoleChange) -> Self {
        Outcome::Roles(Box::new(change))
    }
}

impl From<Rotation> for Outcome {
    fn from(rotation: Rotation) -> Self {
        Outcome::Rotation(Box::new(rotation))
    }
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Outcome::Nothing
    }
}

/// One line per input: it becomes a [`Work`] and a member of [`WorkKind`].
macro_rules! works {
    ($($(#[doc = $doc:literal])+ $Name:ident = $name:literal -> $Outcome:ty;)+) => {
        $(impl Work for $Name<'_> {
            const NAME: &'static str = $name;
            type Outcome = $Outcome;

            fn start(&self, session: &Session, seed: u64) -> Result<Conversation<$Outcome>, ValidationError> {
                let mut report = session.api.report();
                let plan = self.plan(&session.api, &mut report);
                begin($name, session, seed, report, plan)
            }
        })+

        /// The conversations by name, for callers whose input is a mapping of anything.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum WorkKind {
            $($(#[doc = $doc])+ $Name,)+
        }

        impl WorkKind {
            /// Every conversation.
            pub const ALL: &'static [WorkKind] = &[$(WorkKind::$Name),+];

            /// The name of the work: `rotate_token`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(WorkKind::$Name => $name,)+ }
            }

            /// The work of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                WorkKind::ALL.iter().copied().find(|kind| kind.as_str() == name)
            }

            /// The fields of the input in snake case, in the order of the documentation.
            #[must_use]
            pub fn fields(self) -> &'static [&'static str] {
                match self { $(WorkKind::$Name => <$Name<'static> as Fields>::FIELDS,)+ }
            }

            /// Begins the conversation with an object that has the fields by name, spelt as the Api of the session
            /// spells them.
            ///
            /// # Errors
            ///
            /// [`ValidationError`] with every problem, unknown keys among them.
            pub fn start(
                self,
                session: &Session,
                input: Value<'_>,
                seed: u64,
            ) -> Result<Conversation<Outcome>, ValidationError> {
                let mut report = session.api.report();
                let Value::Object(pairs) = input else {
                    report.wrong_input(&input);
                    let nothing: Option<Never> = None;
                    return begin(self.as_str(), session, seed, report, nothing);
                };
                match self {
                    $(WorkKind::$Name => {
                        let read = <$Name<'_> as Fields>::read(&mut report, "", pairs.into_iter());
                        let plan = read.plan(&session.api, &mut report);
                        begin($name, session, seed, report, plan).map(Conversation::outcome)
                    })+
                }
            }
        }
    };
}

works! {
    /// [`AllTokens`]
    AllTokens = "tokens" -> ();
    /// [`FindToken`]
    FindToken = "find_token" -> ApiToken;
    /// [`CreateToken`]
    CreateToken = "create_token" -> ApiToken;
    /// [`CloneToken`]
    CloneToken = "clone_token" -> ApiToken;
    /// [`UpdateToken`]
    UpdateToken = "update_token" -> TokenUpdate;
    /// [`AddTokenRole`]
    AddTokenRole = "add_token_role" -> RoleChange;
    /// [`ChangeTokenRole`]
    ChangeTokenRole = "change_token_role" -> RoleChange;
    /// [`RemoveTokenRole`]
    RemoveTokenRole = "remove_token_role" -> RoleChange;
    /// [`RotateToken`]
    RotateToken = "rotate_token" -> Rotation;
    /// [`FinishRotation`]
    FinishRotation = "finish_rotation" -> Rotation;
    /// [`DeleteToken`]
    DeleteToken = "delete_token" -> ();
}
