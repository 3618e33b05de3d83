"""What can be wrong, as Python classes. The extension module fills them with the core's findings and texts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._core import Secret
    from ._outcomes import Candidate, Effect
    from ._types import FailureCode, ProblemCode, Severity


class Span(tuple[int, int, "int | None"]):
    """A place in a command: `line[span.start:span.end]`, or `arguments[span.argument][span.start:span.end]`.

    A tuple with names, made by hand because loading `typing` or `collections` takes longer than the rest of the
    package.
    """

    __module__ = "astro_tokens"
    __slots__ = ()
    __match_args__ = ("start", "end", "argument")

    def __new__(cls, start: int, end: int, argument: int | None = None) -> Span:
        """From its parts; see the properties."""
        return super().__new__(cls, (start, end, argument))

    @property
    def start(self) -> int:
        """Where it begins, in code points of the line or argument."""
        return self[0]

    @property
    def end(self) -> int:
        """Where it has ended, in code points: the first position behind it."""
        return self[1]

    @property
    def argument(self) -> int | None:
        """The position of the argument in the list; `None` where the command is a line."""
        return self[2]

    def __repr__(self) -> str:
        return f"Span(start={self.start!r}, end={self.end!r}, argument={self.argument!r})"

    def __getnewargs__(self) -> tuple[int, int, int | None]:
        return self[0], self[1], self[2]


class _Value:
    """Cannot be changed, and compares by its fields.

    By hand rather than as a dataclass: loading `dataclasses` takes longer than the rest of the package.
    """

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        fields = zip(self.__match_args__, self._fields(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"


class Problem(_Value):
    """One finding. It cannot be changed, and compares by its fields; `str()` of it is fit to be printed."""

    __module__ = "astro_tokens"
    __slots__ = ("_text", "code", "field", "help", "message", "severity", "span")
    __match_args__ = ("code", "severity", "field", "message", "help", "span")

    code: ProblemCode
    """The stable name of the kind of problem, such as `too_long`. Test this rather than messages."""
    severity: Severity
    """`error`: nothing was built. `warning`: the request was built, and this travels beside it."""
    field: str | None
    """Where it is: `expiration_days`, `roles[1].entity_id`, `--role` in a command. `None`: the whole input."""
    message: str
    """What is wrong: starts in lower case, no final period, user input in backticks."""
    help: str | None
    """What to do about it."""
    span: Span | None
    """Where in a command it is; `None` where there is no command, or no place in it."""
    _text: str

    def __init__(
        self,
        code: ProblemCode,
        severity: Severity,
        field: str | None,
        message: str,
        help: str | None,
        span: Span | None,
        text: str,
    ) -> None:
        """Made by this package. `text` is all of it as one text."""
        put = object.__setattr__
        put(self, "code", code)
        put(self, "severity", severity)
        put(self, "field", field)
        put(self, "message", message)
        put(self, "help", help)
        put(self, "span", span)
        put(self, "_text", text)

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[type[Problem], tuple[object, ...]]:
        return Problem, (*self._fields(), self._text)


class BatchEntry(_Value):
    """What was found in one entry of a `Batch`. It cannot be changed, and compares by its fields."""

    __module__ = "astro_tokens"
    __slots__ = ("index", "line", "problems")
    __match_args__ = ("index", "line", "problems")

    index: int
    """The position of the entry: 0 is the first one. Blank lines are no entries."""
    line: int | None
    """Its line, where it was a line of NDJSON: 1 is the first one."""
    problems: tuple[Problem, ...]
    """Everything that was found. Each `field` begins with the place of the entry: `line 3: role`, `[2].role`."""

    def __init__(self, index: int, line: int | None, problems: tuple[Problem, ...]) -> None:
        """Made by this package."""
        put = object.__setattr__
        put(self, "index", index)
        put(self, "line", line)
        put(self, "problems", problems)

    def __reduce__(self) -> tuple[type[BatchEntry], tuple[object, ...]]:
        return BatchEntry, self._fields()


class AstroTokensError(Exception):
    """The base of everything that this package raises on purpose."""

    __module__ = "astro_tokens"


class ValidationError(AstroTokensError, ValueError):
    """The caller's mistake: nothing was built and nothing was sent. Its text lists every problem."""

    __module__ = "astro_tokens"

    problems: tuple[Problem, ...]
    """All that was found, warnings too, in the order of the fields or of the command. At least one is an error."""

    def __init__(self, text: str, problems: tuple[Problem, ...]) -> None:
        """Made by this package. `text` says everything at once."""
        super().__init__(text, problems)
        self.problems = problems

    def __str__(self) -> str:
        text: str = self.args[0]
        return text


class FieldError(_Value):
    """What Astro says is wrong with a field. It cannot be changed, and compares by its fields."""

    __module__ = "astro_tokens"
    __slots__ = ("code", "field", "message")
    __match_args__ = ("code", "field", "message")

    code: str
    """Astro's code."""
    field: str
    """The field in Astro's spelling."""
    message: str
    """What is wrong with it."""

    def __init__(self, code: str, field: str, message: str) -> None:
        """From its parts."""
        put = object.__setattr__
        put(self, "code", code)
        put(self, "field", field)
        put(self, "message", message)

    def __reduce__(self) -> tuple[type[FieldError], tuple[object, ...]]:
        return FieldError, self._fields()


class ApiError(AstroTokensError):
    """Astro refused, or its answer cannot be read."""

    __module__ = "astro_tokens"

    status: int
    """The status of the answer: 404."""
    message: str
    """What Astro said, or what is wrong with the answer; secrets are masked."""
    request_id: str | None
    """What Astro calls the request: support asks for it."""
    field_errors: tuple[FieldError, ...]
    """What is wrong with single fields; v1 only."""
    retry_after: float | None
    """Seconds to wait before another try, where Astro says so."""
    secret: Secret | None
    """A secret that came with an answer which cannot be read: the token exists, and nobody will be told its value
    again. An error that holds one refuses to be pickled."""
    help: str | None
    """What to do about it, where the status tells."""

    def __init__(
        self,
        text: str,
        status: int,
        message: str,
        request_id: str | None = None,
        field_errors: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
        secret: Secret | None = None,
        help: str | None = None,
    ) -> None:
        """Made by this package. `text` says everything at once."""
        super().__init__(text, status, message, request_id, field_errors, retry_after, secret, help)
        self.status = status
        self.message = message
        self.request_id = request_id
        self.field_errors = field_errors
        self.retry_after = retry_after
        self.secret = secret
        self.help = help

    def __str__(self) -> str:
        text: str = self.args[0]
        return text


class TransportError(AstroTokensError):
    """No answer came: the connection failed, or took too long."""

    __module__ = "astro_tokens"

    message: str
    """What went wrong."""
    may_have_arrived: bool
    """Whether the request may have reached Astro, so that nobody knows whether it took effect."""

    def __init__(self, message: str, may_have_arrived: bool) -> None:
        """From its parts."""
        super().__init__(message, may_have_arrived)
        self.message = message
        self.may_have_arrived = may_have_arrived

    def __str__(self) -> str:
        known = "whether the request arrived is not known" if self.may_have_arrived else "the request was not sent"
        return f"{self.message}; {known}"


class NotWritten(AstroTokensError):
    """For the `write` of a store to raise where it is certain that the secret was not written, and never will be: the vault
    refused it, or nothing was sent. Then the new token is deleted. Any other exception leaves it: the secret may be stored.
    """

    __module__ = "astro_tokens"


class ConversationError(AstroTokensError):
    """Work that takes several requests failed, and this is exactly what stands.

    `cause` is what came from Astro or the network, or what was wrong with the input. `__cause__`, which a traceback shows, is
    the same, unless a `store` failed: then it is what that raised, and `None` where its text holds the secret.

    An interrupt or a cancelled task goes on as what it is; `ConversationError.of` finds what stands then.
    """

    __module__ = "astro_tokens"

    work: str
    """The work: `rotate_token`."""
    code: FailureCode
    """In which way it failed."""
    message: str
    """What happened: starts in lower case, no final period."""
    help: str | None
    """What to do about it."""
    done: tuple[str, ...]
    """What was done before, in order, in sentences for people."""
    not_done: tuple[str, ...]
    """What was not done any more."""
    unclear: tuple[str, ...]
    """What nobody knows: look at it before trying again."""
    effects: tuple[Effect, ...]
    """The same three, token by token and for programs, in the order in which it happened."""
    cause: ApiError | TransportError | ValidationError | None
    """What it came from, of Astro, the network or the input; never what a `store` raised, which is `__cause__`."""
    secret: Secret | None
    """The last secret that was received; nobody will be told its value again. An error that holds one refuses to be
    pickled."""
    candidates: tuple[Candidate, ...]
    """The tokens that it may be about."""
    warnings: tuple[Problem, ...]
    """What was worth a look until then."""

    def __init__(
        self,
        text: str,
        *,
        work: str,
        code: FailureCode,
        message: str,
        help: str | None = None,
        done: tuple[str, ...] = (),
        not_done: tuple[str, ...] = (),
        unclear: tuple[str, ...] = (),
        effects: tuple[Effect, ...] = (),
        cause: ApiError | TransportError | ValidationError | None = None,
        secret: Secret | None = None,
        candidates: tuple[Candidate, ...] = (),
        warnings: tuple[Problem, ...] = (),
    ) -> None:
        """Made by this package. `text` says everything at once."""
        super().__init__(text)
        self.work = work
        self.code = code
        self.message = message
        self.help = help
        self.done = done
        self.not_done = not_done
        self.unclear = unclear
        self.effects = effects
        self.cause = cause
        self.secret = secret
        self.candidates = candidates
        self.warnings = warnings

    @staticmethod
    def of(exception: BaseException | None) -> ConversationError | None:
        """What stands after an exception: of a `KeyboardInterrupt`, an `asyncio.CancelledError`, or what was made of
        them.

        `None`: nothing was begun.
        """
        seen: set[int] = set()
        while exception is not None and id(exception) not in seen:
            if isinstance(exception, ConversationError):
                return exception
            found = getattr(exception, "conversation_error", None)
            if isinstance(found, ConversationError):
                return found
            seen.add(id(exception))
            exception = exception.__cause__ or exception.__context__
        return None

    def __reduce__(self) -> tuple[object, ...]:
        return _conversation_error, (self.args[0], vars(self))


def _conversation_error(text: str, fields: dict[str, object]) -> ConversationError:
    """A pickled error; its cause is as it was."""
    error = ConversationError.__new__(ConversationError, text)
    vars(error).update(fields)
    error.__cause__ = error.cause
    return error
