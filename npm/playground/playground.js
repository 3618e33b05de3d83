// The playground: what the package says about a command line or a form, as it is typed. All offline.

import { Api, correctCommand, explainCommand, formatCommand, isValidationError, parseCommand } from "astro-tokens/cli";

const form = document.getElementById("input");
const problems = document.getElementById("problems");
const correct = document.getElementById("correct");
const results = document.getElementById("results");
const fields = form.elements;

const shells = { posix: "POSIX shell", powershell: "PowerShell", cmd: "cmd.exe" };
/** Suggestions: a Deployment has custom roles besides, and the core knows which role fits where. */
const roles = {
  ORGANIZATION: ["OWNER", "BILLING_ADMIN", "MEMBER", "OBSERVE_ADMIN", "OBSERVE_MEMBER"],
  WORKSPACE: ["OWNER", "OPERATOR", "AUTHOR", "MEMBER", "ACCESSOR"],
  DEPLOYMENT: ["ADMIN"],
};

/** What was typed into these fields; what is empty was not given. */
function typed(...names) {
  return Object.fromEntries(names.map((name) => [name, fields[name].value]).filter(([, value]) => value !== ""));
}

/** What the work gives; the text of what is wrong goes to the problems. */
function attempt(work, said) {
  try {
    return work();
  } catch (error) {
    if (!isValidationError(error)) throw error;
    said.push(error.message);
    for (const { field } of error.problems) fields[field]?.setAttribute?.("aria-invalid", "true");
    return undefined;
  }
}

function warned(request, said) {
  for (const { field, message, help } of request.warnings) said.push(`warning: ${field}: ${message}\n  help: ${help}`);
}

/** Everything about the command line: its request and the commands that mean the same. */
function readLine(said) {
  const line = fields.command.value;
  const corrected = line.trim() === "" ? undefined : correctCommand(line);
  correct.hidden = corrected === undefined;
  if (line.trim() === "") return {};
  const explained = explainCommand(line);
  if (explained !== "") said.push(explained.trimEnd());
  let command;
  try {
    command = parseCommand(line);
  } catch (error) {
    if (!isValidationError(error)) throw error;
    fields.command.setAttribute("aria-invalid", "true");
    return {};
  }
  const request = attempt(() => new Api(typed("organizationId", "workspaceId", "deploymentId")).build(command), said);
  return { request, command };
}

/** The request of the form, which is its own command. */
function readForm(said) {
  correct.hidden = true;
  const { organizationId, ...input } = typed("organizationId", "workspaceId", "deploymentId", "name", "role", "description");
  const days = fields.expirationDays.value.trim();
  // What is no number goes to the core as it is, which says what is wrong with it.
  if (days !== "") input.expirationDays = /^-?\d+$/.test(days) ? BigInt(days) : days;
  const api = attempt(() => new Api({ organizationId }), said);
  const request = api && attempt(() => api.createToken({ name: "", role: "", ...input }), said);
  if (request !== undefined) warned(request, said);
  return { request, command: request };
}

function show(title, text) {
  const heading = document.createElement("h2");
  heading.textContent = title;
  heading.id = `result-${results.children.length}`;
  const shown = document.createElement("pre");
  shown.textContent = text;
  // It can be scrolled, so the keyboard has to get there.
  shown.tabIndex = 0;
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-labelledby", heading.id);
  results.append(heading, shown);
}

function update() {
  const mode = fields.mode.value;
  for (const name of ["line", "form"]) document.getElementById(name).hidden = name !== mode;
  for (const field of fields) field.removeAttribute("aria-invalid");
  const said = [];
  const { request, command } = mode === "line" ? readLine(said) : readForm(said);
  const text = said.join("\n\n") || "none";
  // A screen reader reads again what is set again.
  if (problems.textContent !== text) problems.textContent = text;

  results.replaceChildren();
  if (request !== undefined) {
    const { method, url, headers, body } = request;
    show("Request", JSON.stringify({ method, url, headers, body: body && JSON.parse(body) }, null, 2));
    show("curl", request.asCurl());
  }
  if (command === undefined) return;
  for (const [shell, name] of Object.entries(shells)) {
    const why = [];
    show(`Command for ${name}`, attempt(() => formatCommand(command, shell), why) ?? why.join("\n"));
  }
}

function suggest() {
  const scope = fields.deploymentId.value !== "" ? "DEPLOYMENT" : fields.workspaceId.value !== "" ? "WORKSPACE" : "ORGANIZATION";
  const options = roles[scope].map((role) => Object.assign(document.createElement("option"), { value: `${scope}_${role}` }));
  document.getElementById("roles").replaceChildren(...options);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => {
  suggest();
  update();
});
correct.addEventListener("click", () => {
  fields.command.value = correctCommand(fields.command.value) ?? fields.command.value;
  update();
  fields.command.focus();
});
suggest();
update();
