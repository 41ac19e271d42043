// A problem's card: a form of native inputs, and a live region for what Python says.

// Our own text, made from a problem's Markdown in Python, which lets no HTML through.
function filled(tag, html, attributes = {}) {
  const element = make(tag, attributes);
  element.innerHTML = html;
  return element;
}

// What takes the answer, by its kind; value() is undefined where it is blank.
function makeInput(face, id) {
  if (face.options.length && face.kind === "choice") return makeChoices(face, id);
  const isLong = face.kind === "code" || face.kind === "array";
  const attributes = { id, spellcheck: "false", autocomplete: "off", autocapitalize: "off", ...OWN_KEYS };
  const input = isLong
    ? make("textarea", { ...attributes, rows: face.kind === "code" ? "9" : "3" })
    : make("input", { ...attributes, type: "text" });
  if (face.kind === "code") input.value = face.starter;
  const parts = [make("label", { for: id }, face.form), input];
  if (face.options.length) parts.unshift(makeList(face));
  return { element: make("div", { class: "sl-answer" }, ...parts), input, value: () => input.value };
}

function makeList(face) {
  const items = face.options.map((html) => filled("li", html));
  return make("ol", { class: "sl-given", type: "a" }, ...items);
}

function makeChoices(face, id) {
  const inputs = face.options.map((_, at) => make("input", {
    type: "radio", name: id, id: `${id}-${at}`, value: String.fromCharCode(97 + at), ...OWN_KEYS,
  }));
  const rows = inputs.map((input, at) => {
    const label = filled("label", face.options[at], { for: input.id });
    return make("div", { class: "sl-option" }, input, label);
  });
  const element = make("fieldset", { class: "sl-answer" }, make("legend", {}, face.form), ...rows);
  const value = () => inputs.find((input) => input.checked)?.value ?? "";
  return { element, input: inputs[0], value };
}

function render({ model, el }) {
  // each card loads this file anew: counting would give all a 1
  const number = Math.random().toString(36).slice(2);
  const title = make("strong", { id: `sl-card-${number}` });
  const root = make("div", { class: "sl sl-card", role: "group", "aria-labelledby": title.id });
  const facts = make("span", { class: "sl-facts" });
  const prompt = make("div", { class: "sl-prompt" });
  const place = make("div");
  const said = make("p", { class: "sl-said", role: "status", "aria-live": "polite" });
  const hints = make("ol", { class: "sl-hints", "aria-label": "Hints" });
  const solution = make("div", { class: "sl-solution" });
  const [check, hint, solve, next] = ["Check", "Hint", "Solution", ""].map((name, at) => make(
    "button", { type: at ? "button" : "submit", ...OWN_KEYS }, name,
  ));
  const form = make("form", {}, place, make("div", { class: "sl-buttons" }, check, hint, solve, next));
  let answer = null;

  const send = (message) => model.send(message);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send({ do: "check", answer: answer.value() });
  });
  form.addEventListener("keydown", (event) => { // JupyterLab keeps Enter from submitting forms
    const isLong = event.target.tagName === "TEXTAREA";
    if (event.key !== "Enter" || event.target.tagName === "BUTTON") return;
    if (isLong && !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit();
  });
  hint.addEventListener("click", () => send({ do: "hint" }));
  solve.addEventListener("click", () => send({ do: "solution" }));
  next.addEventListener("click", () => send({ do: "next" }));

  function showFace(isNew) {
    const face = JSON.parse(model.get("_face"));
    title.textContent = `Problem ${face.id}`;
    facts.textContent = face.facts;
    prompt.innerHTML = face.prompt;
    answer = makeInput(face, `sl-card-${number}-answer-${face.id}-${face.seed}`);
    place.replaceChildren(answer.element);
    next.textContent = face.next;
    next.hidden = !face.next;
    if (isNew) answer.input.focus();
  }

  function showTold() {
    const told = JSON.parse(model.get("_told"));
    const face = JSON.parse(model.get("_face"));
    said.textContent = told.ended || told.text;
    said.dataset.status = told.status;
    hints.replaceChildren(...told.hints.map((html) => filled("li", html)));
    hints.hidden = !told.hints.length;
    const left = face.hints - told.hints.length;
    hint.textContent = left ? `Hint (${left} left)` : "No more hints";
    hint.setAttribute("aria-disabled", String(!left));
    hint.hidden = solve.hidden = face.isTest;
    form.hidden = Boolean(told.ended);
    prompt.hidden = Boolean(told.ended);
    solution.replaceChildren(...told.solution.map((html) => filled("div", html)));
    solution.hidden = !told.solution.length;
  }

  const heard = [["change:_face", () => showFace(true)], ["change:_told", showTold]];
  for (const [event, callback] of heard) model.on(event, callback);
  showFace(false);
  showTold();
  root.append(make("div", { class: "sl-title" }, title, facts), prompt, form, said, hints, solution);
  el.append(root);
  return () => heard.forEach(([event, callback]) => model.off(event, callback));
}

export default { render };
