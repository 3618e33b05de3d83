//! [`Credential`]: which of the credentials in an environment is used, and why.

use crate::{
    Code, Problem, Secret, Spelling, ValidationError,
    not_a_token::{KEY_PAIR_HELP, check_alone},
    report::Report,
    text::{is_blank, listed_plainly},
};

/// The variable that holds an API token.
const TOKEN: &str = "ASTRO_API_TOKEN";

/// The variables of the key pair that came before tokens. Source: the Astro CLI, which has this order too.
const KEY_PAIR: [&str; 2] = ["ASTRONOMER_KEY_ID", "ASTRONOMER_KEY_SECRET"];

/// The credential that an environment provides.
///
/// `ASTRO_API_TOKEN` is the only one that works. `ASTRONOMER_KEY_ID` and `ASTRONOMER_KEY_SECRET` stopped working in June
/// 2024: beside a token they are a warning, alone an error. The login that the Astro CLI stores comes last and is not
/// looked at here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credential {
    /// The token.
    pub token: Secret,
    /// The variable that it comes from.
    pub source: &'static str,
    /// What else is set and not used.
    pub warnings: Vec<Problem>,
}

impl Credential {
    /// Chooses among the variables that `variable` looks up; a blank one counts as not set.
    ///
    /// The token goes into a header, so it has to be alone: quotes, `Bearer` or a line break around it are an error. What
    /// it says about itself is left to [`inspect`](crate::inspect).
    ///
    /// ```
    /// use astro_tokens::Credential;
    ///
    /// // Credential::from_env(|name| std::env::var(name).ok())
    /// let credential = Credential::from_env(|name| (name == "ASTRO_API_TOKEN").then(|| "eyJ.eyJ.c2ln".to_owned()))?;
    /// assert_eq!(credential.source, "ASTRO_API_TOKEN");
    ///
    /// let error = Credential::from_env(|_| None).unwrap_err();
    /// assert_eq!(error.problems[0].message, "no credential is set");
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with [`Code::Required`] where nothing is set, [`Code::RetiredCredential`] where the key pair is
    /// all there is, and [`Code::NotAToken`] or [`Code::Placeholder`] where the token cannot be one. The field is the
    /// variable. It shows nothing of any value.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ValidationError> {
        let mut report = Report::new(Spelling::Snake, false);
        let token = variable(TOKEN);
        let is_set = |name: &str| variable(name).is_some_and(|value| !is_blank(&value));
        let keys: Vec<&str> = KEY_PAIR.into_iter().filter(|name| is_set(name)).collect();
        let chosen = match token {
            Some(token) if !is_blank(&token) => {
                if !keys.is_empty() {
                    let message = format!("{} set as well and not used", is_or_are(&keys));
                    let help = "remove what is not used; such keys stopped working in June 2024";
                    add(&mut report, Code::UnusedCredential, keys[0], message, help);
                }
                if let Err(fault) = check_alone(&token) {
                    fault.report(&mut report, TOKEN);
                }
                Some(Secret::new(token))
            }
            blank => {
                let hint = if blank.is_some() { "; `ASTRO_API_TOKEN` is set but blank" } else { "" };
                if keys.is_empty() {
                    let message = format!("no credential is set{hint}");
                    let help = match blank {
                        Some(_) => "a secret of a CI system may be missing here, as in runs for forks",
                        None => {
                            "set it to the value of a token, from `astro organization token create` or one of its kin"
                        }
                    };
                    add(&mut report, Code::Required, TOKEN, message, help);
                } else {
                    let message = format!("{} set, which no longer works{hint}", is_or_are(&keys));
                    add(
                        &mut report,
                        Code::RetiredCredential,
                        keys[0],
                        message,
                        &format!("{KEY_PAIR_HELP}, and set `ASTRO_API_TOKEN`"),
                    );
                }
                None
            }
        };
        let (token, warnings) = report.finish("the environment", chosen)?;
        Ok(Credential { token, source: TOKEN, warnings })
    }
}

fn is_or_are(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
    format!("{} {}", listed_plainly(&quoted), if names.len() == 1 { "is" } else { "are" })
}

fn add(report: &mut Report, code: Code, variable: &str, message: String, help: &str) {
    report.push(code, Some(variable.to_owned()), None, message, help.to_owned());
}
