// Around the picture: the question, the surprises, what is said, what can be unfolded, the way over
// the cells.

const STEP_MS = 650; // between two steps while it plays
const SPEAK_MS = 450; // a screen reader hears the last sentence only, once things settle

function makeTable({ title, size, caption, numbers: { head, rows } }) {
  const cells = ([name, ...texts]) => make(
    "tr", {}, make("th", { scope: "row" }, name), ...texts.map((text) => make("td", {}, text)),
  );
  const heads = head.map((text, i) => (i ? make("th", { scope: "col" }, text) : make("td")));
  const name = [size ? `${title}, ${size}` : title, caption].filter(Boolean).join("; ");
  return make(
    "table", { class: "sl-numbers" }, make("caption", {}, name),
    ...(head.length ? [make("thead", {}, make("tr", {}, ...heads))] : []),
    make("tbody", {}, ...rows.map(cells)),
  );
}

// A part that is built only while it is open.
function makeFold(title, fill) {
  const inside = make("div", { class: "sl-fold", role: "group", "aria-label": title });
  letKeysScroll(inside);
  const element = make("details", {}, make("summary", OWN_KEYS, title), inside);
  let view = null;
  const refresh = () => {
    if (element.open && view) fill(inside, view);
  };
  element.addEventListener("toggle", refresh);
  return {
    element,
    show(next) {
      view = next;
      refresh();
    },
  };
}

function fillCode(inside, view) {
  const code = make("code", {}, view.code);
  const copy = make("button", { type: "button", ...OWN_KEYS }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(view.code);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code); // no clipboard here: select it, ready to copy
    }
  });
  inside.replaceChildren(make("div", { class: "sl-code" }, code, copy));
}

function makePlayer(picture, button, root, onStop) {
  let timer = 0;
  function stop() {
    if (!timer) return;
    clearInterval(timer);
    timer = 0;
    root.classList.remove("sl-playing");
    button.textContent = "▶ Play";
    onStop();
  }
  function start() {
    root.classList.add("sl-playing");
    button.textContent = "❚❚ Pause";
    if (!picture.step(1)) picture.toStart();
    timer = setInterval(() => picture.step(1) || stop(), STEP_MS);
  }
  return { stop, toggle: () => (timer ? stop() : start()), isPlaying: () => timer !== 0 };
}

function makeSpeaker() {
  const element = make("p", { class: "sl-unseen", "aria-live": "polite" });
  let timer = 0;
  return {
    element,
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        element.textContent = text;
      }, SPEAK_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

// The question of a learner who predicts first: numbers to type, or options to choose from.
function makeQuestion(ask) {
  const choices = make("div", { class: "sl-options", role: "radiogroup", "aria-label": "Your prediction" });
  const input = make("input", { type: "text", required: true, inputmode: "numeric", autocomplete: "off", ...OWN_KEYS });
  const typed = make("label", {}, make("span", { class: "sl-label" }, "Your prediction"), input);
  const verdict = make("p", { class: "sl-verdict", tabindex: -1, hidden: true });
  const commit = make("button", { type: "submit", ...OWN_KEYS }, "Commit");
  const form = make("form", { class: "sl-question", hidden: true }, typed, choices, commit);
  let options = "";
  input.addEventListener("keydown", (event) => { // JupyterLab keeps Enter from submitting forms
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = choices.querySelector("input:checked");
    const guess = choices.hidden ? input.value : chosen?.value;
    if (guess) ask({ guess });
    else (choices.hidden ? input : choices.querySelector("input")).focus();
  });
  function offer(next) {
    typed.hidden = input.disabled = next.length > 0;
    choices.hidden = next.length === 0;
    if (JSON.stringify(next) === options) return;
    options = JSON.stringify(next);
    const group = `sl-${Math.random().toString(36).slice(2)}`;
    choices.replaceChildren(...next.map((value) => make(
      "label", {}, make("input", { type: "radio", name: group, value, required: true, ...OWN_KEYS }), make("span", {}, value),
    )));
  }
  return {
    form,
    verdict,
    show(view) {
      const isNew = form.hidden && view.question;
      const hadFocus = form.matches(":focus-within");
      form.hidden = !view.question;
      if (view.question) offer(view.question.options);
      if (isNew) {
        input.value = "";
        for (const each of choices.querySelectorAll("input")) each.checked = false;
      }
      verdict.hidden = !view.verdict;
      verdict.textContent = view.verdict;
      verdict.classList.toggle("sl-differs", !view.verdict.startsWith("✓"));
      if (hadFocus && form.hidden) verdict.focus();
    },
  };
}

// A menu of the model's surprises: each sets all controls at once.
function makeSurprises(presets, ask) {
  const first = make("option", { value: "" }, "Show a surprise …");
  const options = presets.map(([label], i) => make("option", { value: i }, label));
  const select = make("select", { "aria-label": "Surprises", ...OWN_KEYS }, first, ...options);
  select.hidden = presets.length === 0;
  select.addEventListener("change", () => {
    if (select.value) ask(presets[select.value][1]);
  });
  const look = make("p", { class: "sl-look", hidden: true });
  return {
    element: select,
    look,
    near: () => presets.map(([, values]) => values),
    show(view) {
      look.hidden = !view.look;
      look.textContent = view.look;
      if (!view.look) select.value = "";
    },
  };
}

// A button for what is done only when asked, and how far it is.
function makeAction(label, model, send) {
  const element = make("div", { class: "sl-action", hidden: !label });
  const button = make("button", { type: "button", ...OWN_KEYS }, label);
  const progress = make("span", { role: "status" });
  button.addEventListener("click", () => {
    if (!model.get("_progress")) send({ act: true });
  });
  element.append(button, progress);
  return {
    element,
    show() {
      const text = model.get("_progress");
      progress.textContent = text;
      button.setAttribute("aria-disabled", String(Boolean(text)));
    },
  };
}

// What can be unfolded under every picture.
function makeFolds() {
  const derivation = makeFold("Worked derivation", (inside, view) => {
    inside.innerHTML = view.derivation;
  });
  const numbers = makeFold("In numbers", (inside, view) => {
    inside.replaceChildren(...view.columns.flat().filter((panel) => panel.numbers).map(makeTable));
  });
  const code = makeFold("As one line of Python", fillCode);
  const folds = [derivation, numbers, code];
  return {
    elements: folds.map((fold) => fold.element),
    show(view) {
      for (const fold of folds) fold.show(view);
      derivation.element.hidden = !view.derivation;
      numbers.element.hidden = !view.columns.flat().some((panel) => panel.numbers);
    },
  };
}

// What the explorer says, above and below its picture.
function makeWords(speaker) {
  const sentence = make("p", { class: "sl-sentence" });
  const wrong = make("p", { class: "sl-wrong", hidden: true });
  const note = make("p", { class: "sl-note" });
  let said = "";
  return {
    sentence,
    wrong,
    note,
    show(view) {
      sentence.textContent = view.sentence;
      wrong.textContent = view.error && `✕ ${view.error}`;
      wrong.hidden = !view.error;
      note.hidden = !view.focus;
      const next = view.error || [view.verdict, view.sentence].filter(Boolean).join(" ");
      if (next !== said) speaker.say(next); // and not the note, which the picture has just said
      said = next;
    },
  };
}

// The buttons that go over the cells one by one.
function makeMoves(picture, root, onStop) {
  const button = (text, onclick) => make("button", { type: "button", onclick, ...OWN_KEYS }, text);
  const play = button("▶ Play", () => player.toggle());
  const player = makePlayer(picture, play, root, onStop);
  const step = (by) => () => {
    player.stop();
    picture.step(by);
  };
  const element = make(
    "div", { class: "sl-moves" }, button("← Back", step(-1)), play, button("Next →", step(1)),
  );
  return {
    element,
    player,
    show(view) {
      element.hidden = !view.focus;
      if (!view.focus) player.stop();
    },
  };
}
