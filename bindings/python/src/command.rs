//! Command lines, as Python sees them: [`Command`], and the functions that read, explain, correct and write one.

use astro_tokens::{CommandParser, Shell, Source, Spelling, Units};
use pyo3::{
    prelude::*,
    types::{PyDict, PyTuple, PyType},
};

use crate::{
    errors,
    request::Request,
    value::{self, argument},
};

/// A command on tokens as data.
///
/// Made by `parse_command` and `Command.from_dict`. It cannot be changed, and can be compared, hashed, copied and
/// pickled. Two commands are equal if `to_dict()` is; the warnings are no part of that, and a pickled command comes
/// back without them.
#[pyclass(frozen, eq, hash, module = "astro_tokens")]
#[derive(PartialEq, Hash)]
pub(crate) struct Command(pub(crate) astro_tokens::Command);

#[pymethods]
impl Command {
    /// Make a command of a mapping with the fields by name: what `to_dict` returns.
    ///
    /// Args:
    ///     fields: The mapping, from anywhere: `operation` and `scope` are required, keys that do not exist are problems
    ///         like any other. Types and enumerations are checked here, everything else by `Api.build`.
    ///
    /// Returns:
    ///     Command: The command, without warnings.
    ///
    /// Raises:
    ///     ValidationError: The mapping is no command; it lists all problems.
    #[classmethod]
    #[pyo3(signature = (fields, /))]
    fn from_dict(cls: &Bound<'_, PyType>, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        from_mapping(cls.py(), fields).map(Command)
    }

    /// A new dictionary of the fields that were given, by name: see `CommandDict`.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        value::dictionary(py, &self.0.to_value(Spelling::Snake))
    }

    /// What was worth a look when the command was read: a tuple of `Problem`.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        errors::problems(py, self.0.warnings())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Command.from_dict({})", self.to_dict(py)?.repr()?))
    }

    // A command never changes, so that a copy is the command itself, with its warnings.
    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }

    fn __reduce__<'py>(this: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let py = this.py();
        Ok((py.get_type::<Self>().getattr("from_dict")?, (this.get().to_dict(py)?,)))
    }
}

/// Read a command on tokens as users write it: `astro organization token create --name CI --role ORGANIZATION_OWNER`.
///
/// Args:
///     source (str or sequence of str): A line for a shell, with its quotes, or a list of arguments as a program gets
///         them, with or without the leading `astro`. Nothing is run and nothing is replaced.
///     strict (bool): Makes every warning an error.
///     allow_unknown_roles (bool): Lets Organization and Workspace roles through that this release does not know, with
///         a warning; misspelt ones stay errors.
///
/// Returns:
///     Command: The command as data, with its warnings.
///
/// Raises:
///     ValidationError: Everything that can be known from the command alone, each problem with its `span`. What may come
///         from the current Workspace or Deployment is left to `Api.build`.
///     TypeError: An option that is no `bool`.
#[pyfunction]
#[pyo3(signature = (source, *, strict = false, allow_unknown_roles = false))]
pub(crate) fn parse_command(source: &Bound<'_, PyAny>, strict: bool, allow_unknown_roles: bool) -> PyResult<Command> {
    let parsed = parser(strict, allow_unknown_roles).parse(read(source)?);
    parsed.map(Command).map_err(|error| errors::raised(source.py(), &error))
}

/// Say everything about a command in words, for a terminal: each problem with the line, carets below the place, and
/// help; at last the corrected command, where there is one.
///
/// Args:
///     source (str or sequence of str): See `parse_command`.
///     color (bool): Colours the text with ANSI escape sequences.
///     strict (bool): See `parse_command`.
///     allow_unknown_roles (bool): See `parse_command`.
///
/// Returns:
///     str: Lines, each with its line break; empty where there is nothing to say.
///
/// Raises:
///     ValidationError: The source is neither a string nor a sequence of strings, or not Unicode.
///     TypeError: An option that is no `bool`.
#[pyfunction]
#[pyo3(signature = (source, *, color = false, strict = false, allow_unknown_roles = false))]
pub(crate) fn explain_command(
    source: &Bound<'_, PyAny>,
    color: bool,
    strict: bool,
    allow_unknown_roles: bool,
) -> PyResult<String> {
    Ok(parser(strict, allow_unknown_roles).explain(read(source)?, color))
}

/// Mend a command where every mistake in it has a mend that is plain to see.
///
/// Args:
///     source (str or sequence of str): See `parse_command`.
///     allow_unknown_roles (bool): See `parse_command`.
///
/// Returns:
///     str or None: The command as it was meant, for a POSIX shell; `None` where there is nothing to mend, or where only
///     its author knows how.
///
/// Raises:
///     ValidationError: The source is neither a string nor a sequence of strings, or not Unicode.
///     TypeError: An option that is no `bool`.
#[pyfunction]
#[pyo3(signature = (source, *, allow_unknown_roles = false))]
pub(crate) fn correct_command(source: &Bound<'_, PyAny>, allow_unknown_roles: bool) -> PyResult<Option<String>> {
    Ok(parser(false, allow_unknown_roles).correct(read(source)?))
}

/// Write a command as a line for a shell. For `posix` it reads back as the same command.
///
/// Args:
///     command (Command, mapping or Request): A command, a mapping as for `Command.from_dict`, or a request that creates
///         a token.
///     shell (str): `posix` (`sh`, `bash`, `zsh` and their like), `powershell` (7.3 and newer) or `cmd`.
///
/// Returns:
///     str: The line, quoted for that shell.
///
/// Raises:
///     ValidationError: The shell cannot carry a value (`unquotable_value`), there is no such command
///         (`conflicting_arguments`) or it has no flag for a field (`unknown_flag`), the request is another one
///         (`unknown_command`), the mapping is no command, or there is no such shell.
#[pyfunction]
#[pyo3(signature = (command, shell = None), text_signature = "(command, shell='posix')")]
pub(crate) fn format_command(command: &Bound<'_, PyAny>, shell: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    let py = command.py();
    let shell = Shell::from_value(&argument(shell)?, Spelling::Snake).map_err(|error| errors::raised(py, &error))?;
    let line = if let Ok(command) = command.cast::<Command>() {
        command.get().0.format(shell, Spelling::Snake)
    } else if let Ok(request) = command.cast::<Request>() {
        astro_tokens::Command::from_request(&request.get().0).and_then(|command| command.format(shell, Spelling::Snake))
    } else {
        from_mapping(py, command)?.format(shell, Spelling::Snake)
    };
    line.map_err(|error| errors::raised(py, &error))
}

fn from_mapping(py: Python<'_>, fields: &Bound<'_, PyAny>) -> PyResult<astro_tokens::Command> {
    let command = astro_tokens::Command::from_value(value::everything(fields)?, Spelling::Snake);
    command.map_err(|error| errors::raised(py, &error))
}

/// The parser whose spans fit the indices of Python's strings.
fn parser(strict: bool, allow_unknown_roles: bool) -> CommandParser {
    CommandParser::default().strict(strict).allow_unknown_roles(allow_unknown_roles).units(Units::CodePoints)
}

fn read<'a>(source: &'a Bound<'_, PyAny>) -> PyResult<Source<'a>> {
    Source::from_value(argument(Some(source))?).map_err(|error| errors::raised(source.py(), &error))
}
