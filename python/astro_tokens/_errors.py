"""What can be wrong, as Python classes. The extension module fills them with the core's findings and texts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import ProblemCode, Severity


class Span(tuple[int, int, "int | None"]):
    """A place in a command: `line[span.start:span.end]`, or `arguments[span.argument][span.start:span.end]`.

    A tuple with names, made by hand because loading `typing` or `collections` takes longer than the rest of the package.
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


class Problem:
    """One finding. It cannot be changed, and compares by its fields; `str()` of it is fit to be printed.

    A class by hand rather than a dataclass: loading `dataclasses` takes longer than the rest of the package.
    """

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

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a problem cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a problem cannot be changed")

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, Problem) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        fields = zip(self.__match_args__, self._fields(), strict=True)
        return f"Problem({', '.join(f'{name}={value!r}' for name, value in fields)})"

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[type[Problem], tuple[object, ...]]:
        return Problem, (*self._fields(), self._text)


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
