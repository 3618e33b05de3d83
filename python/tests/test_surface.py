"""What users of the Python package rely on, beyond the rules of the core."""

import ast
import copy
import doctest
import enum
import inspect
import json
import pickle
import subprocess
import sys
import types
import typing
from collections import UserDict, UserList
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import astro_tokens
from astro_tokens import (
    Api,
    ApiToken,
    AstroTokensError,
    Command,
    ConversationError,
    Problem,
    Request,
    Secret,
    ValidationError,
    base_url_of_domain,
    conversation,
    correct_command,
    credential_from_env,
    explain_command,
    format_command,
    inspect_token,
    parse_command,
    sandbox,
)
from astro_tokens.sandbox import Sandbox

VOCABULARY = json.loads((Path(__file__).parents[2] / "core/vocabulary.json").read_text("utf-8"))
PACKAGE = Path(astro_tokens.__file__).parent
TOKEN_OPERATIONS = ["get_token", "rotate_token", "delete_token"]


@pytest.fixture
def api():
    return Api(organization_id="clorg")


def failure(call, *args, **keywords):
    with pytest.raises(ValidationError) as caught:
        call(*args, **keywords)
    return caught.value


def codes(call, *args, **keywords):
    return [(problem.code, problem.field) for problem in failure(call, *args, **keywords).problems]


# ---- calls ----------------------------------------------------------------------------------------------------------


def test_keywords_and_mapping_build_the_same(api):
    fields = {"name": "CI", "role": "WORKSPACE_MEMBER", "workspace_id": "clws", "expiration_days": 30}
    assert api.create_token(**fields) == api.create_token(fields)


@pytest.mark.parametrize("operation", TOKEN_OPERATIONS)
def test_a_token_id_is_positional_or_a_keyword(api, operation):
    call = getattr(api, operation)
    assert call("cltoken") == call(token_id="cltoken") == call({"token_id": "cltoken"})
    assert codes(call, 5) == codes(call, token_id=5) == [("wrong_type", "token_id")]
    assert codes(call, token_id={"token_id": "cltoken"}) == [("wrong_type", "token_id")]
    assert codes(call) == codes(call, None) == [("required", "token_id")]


def test_other_token_operations_take_the_id_first(api):
    assert api.update_token("cltoken", name="CI") == api.update_token(token_id="cltoken", name="CI")
    roles = [{"entity_type": "WORKSPACE", "entity_id": "clws", "role": "WORKSPACE_OWNER"}]
    positional = api.update_token_roles("cltoken", scope="WORKSPACE", roles=roles)
    assert positional == api.update_token_roles({"token_id": "cltoken", "scope": "WORKSPACE", "roles": roles})


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.create_token({"name": "CI"}, role="ORGANIZATION_MEMBER"),
        lambda api: api.create_token("CI", role="ORGANIZATION_MEMBER"),
        lambda api: api.list_tokens({}, limit=1),
        lambda api: api.get_token({"token_id": "x"}, token_id="x"),
        lambda api: api.get_token("x", token_id="x"),
        lambda api: api.update_token({"token_id": "x"}, name="CI"),
        lambda api: api.create_token(nmae="CI"),
        lambda api: api.create_token({}, {}),
        lambda api: api.get_token("x", "y"),
        lambda api: Api({"organization_id": "clorg"}, strict=True),
        lambda api: Api(organisation_id="clorg"),
    ],
)
def test_calls_that_no_signature_allows(api, call):
    with pytest.raises(TypeError):
        call(api)


def test_only_a_mapping_is_everything_at_once(api):
    assert codes(api.create_token, ["CI"]) == codes(api.list_tokens, "clws") == codes(Api, "clorg") == [("wrong_type", None)]


def test_none_is_not_given(api):
    assert api.list_tokens(limit=None) == api.list_tokens({"limit": None}) == api.list_tokens() == api.list_tokens({})


# ---- values ---------------------------------------------------------------------------------------------------------


class Role(str, enum.Enum):
    MEMBER = "ORGANIZATION_MEMBER"


class Name(str):
    def __str__(self):
        return "something else"


class Index:
    """An integer of another library, such as those of numpy."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def test_strings_may_be_enumerations_and_subclasses(api):
    request = api.create_token(name=Name("CI"), role=Role.MEMBER)
    assert json.loads(request.body) == {"name": "CI", "scope": "ORGANIZATION", "role": "ORGANIZATION_MEMBER"}
    assert api.create_token({Name("name"): Name("CI"), "role": Role.MEMBER}) == request


@pytest.mark.parametrize("limit", [100, 100.0, Index(100), enum.IntEnum("Limit", {"MANY": 100}).MANY])
def test_integers_of_every_make(api, limit):
    assert api.list_tokens(limit=limit).url.endswith("?limit=100")
    assert api.list_tokens({"limit": limit}).url.endswith("?limit=100")


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (2**63, "out_of_range"),
        (-(10**1000), "out_of_range"),
        (Index(2**64), "out_of_range"),
        (0.5, "not_an_integer"),
        (float("nan"), "not_an_integer"),
        (True, "wrong_type"),
        ("100", "wrong_type"),
        (b"100", "wrong_type"),
        (1j, "wrong_type"),
        (object(), "wrong_type"),
        (Index(TypeError("an array of several")), "wrong_type"),
    ],
)
def test_what_is_no_limit(api, limit, code):
    assert codes(api.list_tokens, limit=limit) == codes(api.list_tokens, {"limit": limit}) == [(code, "limit")]


def test_lone_surrogates_are_found_everywhere(api):
    assert codes(api.get_token, "a\ud800") == [("invalid_unicode", "token_id")]
    assert codes(api.list_tokens, {"dag_tags": ["\udfff"]}) == [("invalid_unicode", "dag_tags[0]")]
    (problem,) = failure(api.list_tokens, {"x\ud800": 1}).problems
    assert problem.code == "unknown_field" and problem.field.startswith("x\ufffd")


@pytest.mark.parametrize("sorts", [["name:asc"], ("name:asc",), UserList(["name:asc"])])
def test_sequences_are_lists(api, sorts):
    assert api.list_tokens(sorts=sorts).url.endswith("?sorts=name%3Aasc")


@pytest.mark.parametrize("sorts", ["name:asc", b"name:asc", bytearray(b"x"), {"name:asc"}, iter(["name:asc"]), {}])
def test_other_things_are_no_lists(api, sorts):
    assert codes(api.list_tokens, sorts=sorts) == [("wrong_type", "sorts")]


@pytest.mark.parametrize("mapping", [UserDict, types.MappingProxyType, dict])
def test_mappings_of_every_make(api, mapping):
    assert api.get_token(mapping({"token_id": "cltoken"})) == api.get_token("cltoken")


def test_keys_that_are_no_strings_are_shown(api):
    assert codes(api.list_tokens, {1: 2, None: 3}) == [("unknown_field", "1"), ("unknown_field", "None")]


def test_types_are_named_in_full(api):
    problem = failure(api.get_token, Path("cltoken")).problems[0]
    assert "`pathlib." in problem.message


def test_cycles_end(api):
    mapping, cycle = {}, []
    cycle.append(cycle)
    mapping["name"] = mapping
    assert ("wrong_type", "name") in codes(api.create_token, mapping)
    assert codes(api.list_tokens, sorts=cycle) == [("wrong_type", "sorts[0]")]
    assert codes(api.list_tokens, cycle) == [("wrong_type", None)]


class Broken(UserDict):
    def items(self):
        raise KeyError("mine")


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.get_token(Broken()),
        lambda api: api.update_token_roles("cltoken", scope="WORKSPACE", roles=[Broken()]),
        lambda api: api.list_tokens(limit=Index(KeyError("mine"))),
    ],
)
def test_exceptions_of_the_caller_pass_through(api, call):
    with pytest.raises(KeyError, match="mine"):
        call(api)


def test_a_mapping_may_change_while_it_is_read(api):
    class Meddling(Index):
        def __index__(self):
            mapping.clear()
            return self.value

    mapping = {"limit": Meddling(5), "offset": 1}
    assert api.list_tokens(mapping).url.endswith("?offset=1&limit=5")


# ---- requests -------------------------------------------------------------------------------------------------------


def test_a_request_shows_itself(api):
    request = api.update_token("cltoken", name="CI")
    assert str(request) == f"POST {request.url}"
    assert eval(repr(request)) == request
    assert type(request.body) is bytes and api.get_token("x").body is None
    assert request.as_curl().startswith("curl --request POST ")


def test_headers_are_the_callers(api):
    request = api.get_token("cltoken")
    request.headers["authorization"] = "Bearer secret"
    assert request.headers == {"accept": "application/json"}


def test_a_request_is_what_it_sends(api):
    request, other = api.get_token("cltoken"), api.delete_token("cltoken")
    assert request == api.get_token("cltoken") and hash(request) == hash(api.get_token("cltoken"))
    assert request != other and request != "GET" and len({request, other, request}) == 2
    warned = api.create_token(name="CI", role="ORGANIZATION_MEMBER")
    assert Request(warned.method, warned.url, warned.body) == warned and warned.warnings
    with pytest.raises(ValueError):
        Request("get", request.url)
    with pytest.raises(TypeError):
        Request("POST", request.url, "text")
    with pytest.raises(AttributeError):
        request.url = "https://example.com"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_requests_and_apis_are_pickled(protocol):
    settings = {"base_url": "http://localhost:1", "allow_unknown_roles": True, "workspace_id": "clws"}
    api = Api({"organization_id": "clorg", "api_version": "v1beta1", **settings})
    request = api.create_token(name="CI", role="ORGANIZATION_MEMBER")
    back = pickle.loads(pickle.dumps((api, request), protocol))
    assert back == (api, request) and request.warnings and not back[1].warnings


def test_copies_keep_the_warnings(api):
    request = api.create_token(name="CI", role="ORGANIZATION_MEMBER")
    assert copy.copy(request) is request and copy.deepcopy([request])[0] is request


# ---- the api --------------------------------------------------------------------------------------------------------


def test_an_api_shows_and_compares_its_settings(api):
    assert (api.organization_id, api.api_version, api.base_url) == ("clorg", "v1", "https://api.astronomer.io")
    assert (api.strict, api.allow_unknown_roles, api.workspace_id, api.deployment_id) == (False, False, None, None)
    assert eval(repr(api)) == api == Api({"organization_id": "clorg"}) and hash(api) == hash(eval(repr(api)))
    assert api != Api(organization_id="clorg", strict=True) and api != "clorg"
    with pytest.raises(AttributeError):
        api.strict = True


def test_threads_share_an_api(api):
    def work(number):
        name = f"name {number}"
        request = api.create_token(name=name, role="ORGANIZATION_MEMBER")
        error = failure(api.create_token, name=name)
        return json.loads(request.body)["name"] == name and error.problems[0].field == "role"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(2000)))


# ---- errors ---------------------------------------------------------------------------------------------------------


def test_an_error_is_a_value_error_with_everything(api):
    error = failure(api.create_token, name="")
    assert isinstance(error, AstroTokensError) and isinstance(error, ValueError)
    assert str(error).startswith("create_token has 3 problems, nothing was sent\n")
    assert all(str(problem) in str(error) for problem in error.problems)
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.problems) == (ValidationError, str(error), error.problems)
    assert [str(problem) for problem in back.problems] == [str(problem) for problem in error.problems]


def test_a_problem_is_a_value(api):
    (problem,) = failure(api.get_token).problems
    assert str(problem) == "token_id: a token id is required (required)\n  help: give the token id"
    assert repr(problem).startswith("Problem(code='required', severity='error', field='token_id', message=")
    assert problem.span is None
    assert problem == failure(api.get_token).problems[0] != failure(api.rotate_token, 5).problems[0]
    assert len({problem, copy.deepcopy(problem), pickle.loads(pickle.dumps(problem))}) == 1
    match problem:
        case Problem("required", "error", field):
            assert field == "token_id"
    for change in (lambda: setattr(problem, "code", "x"), lambda: delattr(problem, "code"), lambda: vars(problem)):
        with pytest.raises((AttributeError, TypeError)):
            change()


# ---- the package ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [astro_tokens, conversation, sandbox])
def test_the_examples_of_the_documentation_run(module, monkeypatch):
    monkeypatch.setenv("ASTRO_DOMAIN", "")
    assert doctest.testmod(module, raise_on_error=True).attempted


def loaded_by_import():
    """The modules that `import astro_tokens` loads into a new interpreter, apart from site's."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "import astro_tokens; print(*sorted(set(sys.modules) - before))"
    )
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_import_loads_nothing_but_the_package():
    assert set(loaded_by_import()) <= {"__future__", *(f"astro_tokens{rest}" for rest in ("", "._core", "._errors", "._outcomes"))}


def test_everything_in_all_is_there():
    assert set(astro_tokens.__all__) <= set(dir(astro_tokens))
    for name in astro_tokens.__all__:
        found = getattr(astro_tokens, name)
        modules = {"astro_tokens", "astro_tokens._core", "astro_tokens._types", "typing"}
        assert getattr(found, "__module__", None) in modules
    assert not hasattr(astro_tokens, "nonsense")


def documented_classes():
    modules = (astro_tokens, conversation, sandbox)
    public = [getattr(module, name) for module in modules for name in module.__all__]
    return {cls for cls in public if isinstance(cls, type) and not typing.is_typeddict(cls)}


def test_the_public_names_are_documented():
    classes = documented_classes()
    assert {Api, Command, Request, ApiToken, Secret, Sandbox, ConversationError} < classes and len(classes) > 30
    for cls in classes:
        members = [getattr(cls, name) for name in vars(cls) if not name.startswith("_")]
        no_docs = (types.MemberDescriptorType, bool)
        assert all(member.__doc__ for member in (cls, *members) if not isinstance(member, no_docs))
    commands = (parse_command, explain_command, correct_command, format_command)
    for function in (*commands, inspect_token, credential_from_env, base_url_of_domain):
        assert all(f"    {name} (" in function.__doc__ for name in inspect.signature(function).parameters)
    for operation, fields in VOCABULARY["operations"].items():
        text = getattr(Api, operation).__doc__
        assert "Source: https://" in text and all(f"    {field} (" in text for field in fields)


def keywords_of_stub(operation):
    """The keywords of the first overload, which is the one without a mapping."""
    tree = ast.parse((PACKAGE / "_core.pyi").read_text("utf-8"))
    (api_class,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Api")
    function = next(node for node in api_class.body if isinstance(node, ast.FunctionDef) and node.name == operation)
    return [argument.arg for argument in (*function.args.args[1:], *function.args.kwonlyargs)]


def typed_dictionary(operation):
    return getattr(astro_tokens, "".join(word.title() for word in operation.split("_")) + "Input")


@pytest.mark.parametrize("operation", VOCABULARY["operations"])
def test_fields_are_those_of_the_core(operation):
    fields = VOCABULARY["operations"][operation]
    parameters = inspect.signature(getattr(Api, operation)).parameters
    assert [name for name in parameters if name not in ("self", "input")] == fields
    assert keywords_of_stub(operation) == fields
    assert list(typing.get_type_hints(typed_dictionary(operation))) == fields


def test_settings_are_the_same_everywhere():
    settings = [name for name in inspect.signature(Api).parameters if name != "input"]
    assert keywords_of_stub("__new__") == list(typing.get_type_hints(astro_tokens.ApiInput)) == settings


@pytest.mark.parametrize(
    ("literal", "words"),
    [
        ("OrganizationRole", VOCABULARY["roles"]["ORGANIZATION"]),
        ("WorkspaceRole", VOCABULARY["roles"]["WORKSPACE"]),
        ("DeploymentRole", VOCABULARY["roles"]["DEPLOYMENT"]),
        ("DagRole", VOCABULARY["roles"]["DAG"]),
        ("DagRole", VOCABULARY["roles"]["DAG_TAG"]),
        ("Scope", VOCABULARY["scopes"]),
        ("Kind", VOCABULARY["kinds"]),
        ("EntityType", VOCABULARY["entity_types"]),
        ("Sort", VOCABULARY["sorts"]),
        ("ApiVersion", VOCABULARY["api_versions"]),
        ("ProblemCode", [entry["code"] for entry in VOCABULARY["codes"]]),
        ("Severity", ["error", "warning"]),
        ("EffectAction", VOCABULARY["effect_actions"]),
        ("EffectState", VOCABULARY["effect_states"]),
    ],
)
def test_literals_are_the_words_of_the_core(literal, words):
    assert list(typing.get_args(getattr(astro_tokens, literal))) == words
