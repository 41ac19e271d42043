// StrideLab's stage: native inputs for a model's controls, and the scenes that Python draws.
//
// It works out nothing about convolutions. Which cells belong together, products, sums and
// sentences come as data; this file asks for scenes, puts them in place, and answers hover, steps
// and keys. It uses no more of the host than anywidget's contract: get, send, on, off.

const STEP_MS = 650; // between two steps while it plays
const ANSWER_MS = 5000; // without an answer for so long, say so
const SPEAK_MS = 450; // a screen reader hears the last sentence only, once things settle
const RADIOS_AT_MOST = 4; // more options make a menu
const PAUSE_MS = 150; // before a question about what is drawn already
const AHEAD_AT_MOST = 6; // values on either side of a slider's own whose scenes are fetched ahead
const AT_ONCE = 2; // scenes in one answer: the kernel must stay free for a question
const KEPT_AT_MOST = 60; // scenes
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves this element its keys

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// ---------------------------------------------------------------------------- asking for scenes

// One question at a time: while one is open, later values wait, and the last of each is asked next.
// What the page has drawn already can wait a little, so that a drag does not flood the kernel.
// A question is a message, not a change of the model's state: changes wait until the kernel is idle
// again, and come back as an echo.
function makeAsker(model, onSilence) {
  const me = Math.random().toString(36).slice(2);
  let waiting = {};
  let asked = {};
  let isUrgent = false;
  let open = "";
  let count = 0;
  let silence = 0;
  let pause = 0;

  function send() {
    clearTimeout(pause);
    pause = 0;
    asked = waiting;
    waiting = {};
    count += 1;
    open = `${me}-${count}`;
    silence = setTimeout(() => onSilence(true), ANSWER_MS);
    try {
      model.send({ values: asked, mark: open });
    } catch { // to a kernel that is gone, nothing can be sent
      onSilence(true);
    }
  }

  function goOn() {
    if (open || !Object.keys(waiting).length) return;
    if (isUrgent) send();
    else pause ||= setTimeout(send, PAUSE_MS);
  }

  return {
    ask(values, isDrawn) {
      Object.assign(waiting, values);
      isUrgent = !isDrawn;
      goOn();
    },
    answered(mark) {
      if (mark !== open) return;
      open = "";
      asked = {};
      clearTimeout(silence);
      onSilence(false);
      goOn();
    },
    isOpen: () => open !== "",
    isBehind: () => open !== "" || Object.keys(waiting).length > 0,
    isWaiting: (name) => name in waiting,
    unanswered: () => ({ ...asked, ...waiting }),
    stop() {
      clearTimeout(silence);
      if (pause) send(); // what was shown last is what the kernel holds
    },
  };
}

// Scenes fetched ahead: when the learner comes near a control, by pointer or by key, the scenes of
// the values around its own are asked for, the nearest first. A move then draws without a trip to
// the kernel. A scene is a function of the values, so what was kept cannot be wrong.
function makeAhead(model, keyOf, isBusy) {
  const kept = new Map();
  let near = () => [];
  let open = false;

  function fetch() {
    if (open || isBusy()) return;
    const unknown = near().filter((values) => !kept.has(keyOf(values)));
    if (!unknown.length) return;
    open = true;
    try {
      model.send({ ahead: unknown.slice(0, AT_ONCE) });
    } catch {
      near = () => [];
    }
  }
  function keep(view) {
    kept.delete(view.key);
    kept.set(view.key, view);
    if (kept.size > KEPT_AT_MOST) kept.delete(kept.keys().next().value);
  }

  return {
    fetch,
    keep,
    come(candidates) {
      near = candidates;
      fetch();
    },
    came(views) {
      open = false;
      views.forEach(keep);
      fetch();
    },
    get(values) {
      const view = kept.get(keyOf(values));
      if (view) keep(view);
      return view;
    },
    forget: () => kept.clear(),
  };
}

// ------------------------------------------------------------------------------------- controls
// Each maker returns { element, show(value, apart), near() }; the element asks when the learner
// moves it, and near() lists the values that the next move can reach, the likeliest first.

function makeAxis(control, axis, onMove) {
  const input = make("input", {
    type: "range", min: control.low, max: control.high, step: 1, ...OWN_KEYS,
  });
  const output = make("output");
  const word = make("span", {}, axis);
  input.addEventListener("input", () => {
    output.textContent = input.value;
    onMove();
  });
  return {
    element: make("label", { class: "sl-axis" }, word, input, output),
    get: () => Number(input.value),
    show(value, apart) {
      input.value = value;
      output.textContent = value;
      word.hidden = !apart;
      input.setAttribute("aria-label", apart ? `${control.label}, ${axis}` : control.label);
    },
  };
}

const within = ({ low, high }, value) => Math.max(low, Math.min(value, high));

// 1, -1, 2, -2 and so on: the steps that a slider may take next.
const around = ({ low, high }) => Array.from(
  { length: Math.min(high - low, AHEAD_AT_MOST) }, (_, i) => [i + 1, -i - 1],
).flat();

function makeWhole(control, ask) {
  let split = false;
  const move = () => {
    const [first, second] = axes.map((axis) => axis.get());
    ask({ [control.name]: split && first !== second ? [first, second] : first });
  };
  const axes = [makeAxis(control, "rows", move)];
  if (control.paired) axes.push(makeAxis(control, "columns", move));
  const label = make("span", { class: "sl-label", "aria-hidden": "true" }, control.label);
  const element = make("div", {}, label, ...axes.map((axis) => axis.element));
  return {
    element,
    near: () => around(control).flatMap((by) => axes.map((_, moved) => {
      const [first, second] = axes.map((axis, i) => within(control, axis.get() + (i === moved ? by : 0)));
      return split && first !== second ? [first, second] : first;
    })),
    show(value, apart) {
      split = control.paired && apart;
      const both = Array.isArray(value) ? value : [value, value];
      axes.forEach((axis, i) => axis.show(both[i], split));
      if (axes[1]) axes[1].element.hidden = !split;
    },
  };
}

function makeRadios(control, ask) {
  const group = `sl-${Math.random().toString(36).slice(2)}`;
  const inputs = control.options.map(([value]) =>
    make("input", { type: "radio", name: group, value, ...OWN_KEYS }));
  const labels = control.options.map(([, text], i) => make("label", {}, inputs[i], make("span", {}, text)));
  for (const input of inputs) {
    input.addEventListener("change", () => ask({ [control.name]: input.value }));
  }
  return {
    element: make(
      "fieldset", { class: "sl-wide" },
      make("legend", { class: "sl-label" }, control.label),
      make("div", { class: "sl-choices" }, ...labels),
    ),
    near: () => control.options.map(([value]) => value),
    show(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}

function makeMenu(control, ask) {
  const select = make(
    "select", OWN_KEYS, ...control.options.map(([value, text]) => make("option", { value }, text)),
  );
  select.addEventListener("change", () => ask({ [control.name]: select.value }));
  return {
    element: make(
      "label", { class: "sl-wide" }, make("span", { class: "sl-label" }, control.label), select,
    ),
    near: () => control.options.map(([value]) => value),
    show(value) {
      select.value = value;
    },
  };
}

function makeSwitch(control, ask) {
  const input = make("input", { type: "checkbox", ...OWN_KEYS });
  input.addEventListener("change", () => ask({ [control.name]: input.checked }));
  return {
    element: make("label", { class: "sl-switch" }, input, make("span", {}, control.label)),
    near: () => [!input.checked],
    show(value) {
      input.checked = value;
    },
  };
}

function makeControl(control, ask) {
  if (control.kind === "whole") return makeWhole(control, ask);
  if (control.kind === "switch") return makeSwitch(control, ask);
  return (control.options.length > RADIOS_AT_MOST ? makeMenu : makeRadios)(control, ask);
}

// -------------------------------------------------------------------------------------- picture

function makeFigure(grid) {
  const size = make("small");
  const picture = make("div");
  const caption = make("p", { class: "sl-caption" });
  const element = make(
    "figure", { class: `sl-figure-${grid.role}` },
    make("figcaption", {}, `${grid.title} `, size), picture, caption,
  );
  let drawn = { start: "", parts: [] };
  const figure = { element, caption, svg: null, outline: null };
  figure.draw = (next) => {
    size.textContent = next.size;
    caption.textContent = next.caption;
    if (next.start !== drawn.start) open(next);
    next.parts.forEach((part, i) => {
      if (part !== drawn.parts[i]) figure.svg.children[i].innerHTML = part;
    });
    drawn = next;
    figure.outline = picture.querySelector(".sl-outline");
  };
  function open({ start, parts }) {
    const template = make("template");
    template.innerHTML = `${start}${"<g></g>".repeat(parts.length)}</svg>`;
    const next = template.content.firstElementChild;
    if (!figure.svg) picture.append(next);
    else for (const { name, value } of next.attributes) figure.svg.setAttribute(name, value);
    figure.svg = picture.firstElementChild;
  }
  return figure;
}

function put(rect, row, col, unit) {
  rect.setAttribute("x", col * unit);
  rect.setAttribute("y", row * unit);
}

// Moves an outline to these rows and columns: a rectangle a tap, then the two of the frame.
function moveOutline(outline, rows, cols, unit) {
  const rects = outline.children;
  rows.forEach((row, i) => cols.forEach((col, j) => put(rects[i * cols.length + j], row, col, unit)));
  for (const frame of [rects[rects.length - 2], rects[rects.length - 1]]) {
    put(frame, rows[0], cols[0], unit);
  }
}

// A cell of a grid that changes with the position: its square, its text, its title.
function fillCell(cell, [text, level, full]) {
  const letters = cell.querySelector("text");
  if (cell.getAttribute("class") !== level) cell.setAttribute("class", level);
  if (letters.textContent !== text) letters.textContent = text;
  cell.querySelector("title")?.remove();
  if (full === text) return;
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = full;
  cell.append(title);
}

// The cell of a grid under the pointer, whatever is drawn there: [row, column].
function cellUnder(event, svg, unit) {
  const { x, y } = new DOMPoint(event.clientX, event.clientY)
    .matrixTransform(svg.getScreenCTM().inverse());
  return [Math.floor(y / unit), Math.floor(x / unit)];
}

// The grids, the cell that the learner is at, and what follows it.
function makePicture(onNote, onReach) {
  const element = make("div", { class: "sl-scene" });
  let figures = new Map();
  let layout = "";
  let view = null;
  let at = null; // [row, column] of the focus
  let placed = ""; // the position that Python last asked for
  let pointed = ""; // the cell that the pointer was last over

  function arrange(columns) {
    const next = JSON.stringify(columns.map((column) => column.map((grid) => grid.name)));
    if (next === layout) return;
    layout = next;
    const kept = figures;
    figures = new Map();
    for (const grid of columns.flat()) figures.set(grid.name, kept.get(grid.name) ?? makeFigure(grid));
    element.replaceChildren(...columns.map((column) =>
      make("div", { class: "sl-column" }, ...column.map((grid) => figures.get(grid.name).element))));
  }

  function focused() {
    const cell = document.activeElement?.closest?.("[data-at]");
    return cell && element.contains(cell) ? cell : null;
  }

  function show(next) {
    const hadFocus = focused() !== null;
    view = next;
    arrange(view.columns);
    for (const grid of view.columns.flat()) figures.get(grid.name).draw(grid);
    if (!view.focus) return onNote("");
    const asked = view.focus.position.join();
    if (at === null || asked !== placed) at = view.focus.position;
    placed = asked;
    moveTo(at[0], at[1], hadFocus);
  }

  function moveTo(row, col, takeFocus = false) {
    const focus = view?.focus;
    if (!focus) return;
    const clamp = (value, count) => Math.max(0, Math.min(value, count - 1));
    const home = figures.get(focus.grid);
    const old = home.svg.querySelector("[tabindex='0']");
    at = [clamp(row, focus.rows), clamp(col, focus.cols)];
    const index = at[0] * focus.cols + at[1];
    const cell = home.svg.querySelector(`[data-at="${at}"]`);
    old?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    cell.setAttribute("data-lm-suppress-shortcuts", "true");
    if (takeFocus) cell.focus({ preventScroll: true });
    moveOutline(home.outline, [at[0]], [at[1]], view.unit);
    for (const window of focus.windows) {
      const { outline } = figures.get(window.grid);
      moveOutline(outline, window.rows[at[0]], window.cols[at[1]], view.unit);
    }
    for (const fill of focus.fills) {
      const figure = figures.get(fill.grid);
      figure.svg.querySelectorAll(".sl-cells > g").forEach((cell, k) => {
        fillCell(cell, fill.looks[fill.index[index * fill.size + k]]);
      });
      figure.caption.textContent = fill.captions[index];
    }
    onNote(focus.notes[index]);
  }

  // One cell on or back, row by row; false where there is none.
  function step(by) {
    if (!view?.focus) return false;
    const { rows, cols } = view.focus;
    const next = at[0] * cols + at[1] + by;
    if (next < 0 || next >= rows * cols) return false;
    moveTo(Math.floor(next / cols), next % cols);
    return true;
  }

  // The cell that the learner points at; null elsewhere.
  function place(event) {
    const focus = view?.focus;
    const svg = focus && figures.get(focus.grid).svg;
    if (!svg?.contains(event.target)) return null;
    const [row, col] = cellUnder(event, svg, view.unit);
    return row >= 0 && col >= 0 && row < focus.rows && col < focus.cols ? [row, col] : null;
  }

  function reach(cell) {
    if (!cell) return;
    onReach();
    if (cell.join() !== at.join()) moveTo(...cell);
  }

  const keys = {
    ArrowUp: (row, col) => [row - 1, col],
    ArrowDown: (row, col) => [row + 1, col],
    ArrowLeft: (row, col) => [row, col - 1],
    ArrowRight: (row, col) => [row, col + 1],
    Home: (row, col, ctrl) => [ctrl ? 0 : row, 0],
    End: (row, col, ctrl) => [ctrl ? Infinity : row, Infinity],
  };
  element.addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key || !focused()) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(...key(at[0], at[1], event.ctrlKey || event.metaKey), true);
  });
  element.addEventListener("pointermove", (event) => {
    const cell = place(event);
    const name = String(cell);
    if (name === pointed) return;
    pointed = name;
    reach(cell);
  });
  element.addEventListener("pointerdown", (event) => reach(place(event)));
  element.addEventListener("click", (event) => {
    if (place(event)) moveTo(at[0], at[1], true); // the keys go on from here
  });
  element.addEventListener("focusin", () => {
    const cell = focused()?.dataset.at.split(",").map(Number);
    if (cell && cell.join() !== at.join()) moveTo(...cell);
  });
  return { element, show, step, toStart: () => moveTo(0, 0) };
}

// -------------------------------------------------------------------------------------- in words

function makeTable(grid) {
  const head = grid.values[0].map((_, col) => make("th", { scope: "col" }, String(col)));
  const rows = grid.values.map((row, i) => make(
    "tr", {}, make("th", { scope: "row" }, String(i)), ...row.map((text) => make("td", {}, text)),
  ));
  const name = [`${grid.title}, ${grid.size}`, grid.caption].filter(Boolean).join("; ");
  return make(
    "table", { class: "sl-numbers" }, make("caption", {}, name),
    make("thead", {}, make("tr", {}, make("td"), ...head)), make("tbody", {}, ...rows),
  );
}

// A part that is built only while it is open.
function makeFold(title, fill) {
  const inside = make("div", { class: "sl-fold", role: "group", "aria-label": title });
  new ResizeObserver(() => { // what scrolls must be reached by key
    inside.tabIndex = inside.scrollWidth > inside.clientWidth ? 0 : -1;
  }).observe(inside);
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

// ------------------------------------------------------------------------------------ the stage

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

function render({ model, el }) {
  const setup = JSON.parse(model.get("_setup"));
  const button = (text, name, onclick) =>
    make("button", { type: "button", "aria-label": name, onclick, ...OWN_KEYS }, text);

  const speaker = makeSpeaker();
  const sentence = make("p", { class: "sl-sentence" });
  const wrong = make("p", { class: "sl-wrong", hidden: true });
  const silent = make("p", { class: "sl-silent", role: "status" });
  const note = make("p", { class: "sl-note" });
  const asker = makeAsker(model, (isSilent) => {
    silent.textContent = isSilent
      ? "No answer from the kernel: it is busy, or gone. If it is gone, run this cell again." : "";
  });

  const picture = makePicture((text) => {
    note.textContent = text;
    if (text && !player?.isPlaying()) speaker.say(text);
  }, () => player.stop());
  const folds = [
    makeFold("Worked derivation", (inside, view) => { inside.innerHTML = view.derivation; }),
    makeFold("In numbers", (inside, view) => {
      inside.replaceChildren(...view.columns.flat().map(makeTable));
    }),
    makeFold("As one line of Python", fillCode),
  ];
  const names = setup.controls.map(({ name }) => name);
  const keyOf = (values) => JSON.stringify(names.map((name) => values[name]));
  const wanted = () => ({
    ...Object.fromEntries(names.map((name) => [name, model.get(name)])), ...asker.unanswered(),
  });
  const ahead = makeAhead(model, keyOf, asker.isOpen);
  const ask = (values) => {
    const ready = ahead.get({ ...wanted(), ...values });
    if (ready) show(ready);
    asker.ask(values, Boolean(ready));
  };
  const controls = new Map(
    setup.controls.map((control) => [control.name, makeControl(control, ask)]),
  );
  for (const [name, control] of controls) {
    const come = () => ahead.come(
      () => control.near().map((value) => ({ ...wanted(), [name]: value })),
    );
    for (const event of ["pointerenter", "focusin", "input"]) {
      control.element.addEventListener(event, come);
    }
  }
  const reset = () => {
    player.stop();
    ask(Object.fromEntries(setup.controls.map(({ name, start }) => [name, start])));
    picture.toStart();
  };
  const play = button("▶ Play", false, () => player.toggle());
  const step = (by) => () => {
    player.stop();
    picture.step(by);
  };
  const moves = make(
    "div", { class: "sl-moves" },
    button("← Back", false, step(-1)), play, button("Next →", false, step(1)),
  );
  const root = make(
    "div", { class: "sl sl-stage", role: "group", "aria-label": `Explorer: ${setup.title}` },
    make("div", { class: "sl-head" }, make("strong", {}, setup.title), button("Reset", false, reset)),
    make("div", { class: "sl-controls" }, ...[...controls.values()].map((one) => one.element)),
    sentence, wrong, picture.element, moves, note, silent,
    ...folds.map((fold) => fold.element),
    make("p", { class: "sl-foot" }, "Rows go down and come first, columns go right; indices start at 0."),
    speaker.element,
  );
  const player = makePlayer(picture, play, root, () => speaker.say(note.textContent));

  let shown = { key: "", text: "" };
  function show(view) {
    if (view.text === shown.text) return;
    shown = view;
    sentence.textContent = view.sentence;
    wrong.textContent = view.error && `✕ ${view.error}`;
    wrong.hidden = !view.error;
    moves.hidden = note.hidden = !view.focus;
    if (!view.focus) player.stop();
    picture.show(view);
    folds.forEach((fold) => fold.show(view));
    folds[0].element.hidden = !view.derivation;
    speaker.say(view.error || view.sentence);
  }
  function read(text) {
    const view = JSON.parse(text);
    return Object.assign(view, { text, key: keyOf(view.values) });
  }
  function draw() {
    asker.answered(model.get("_answered"));
    const text = model.get("_view");
    const isOvertaken = asker.isBehind() && shown.key === keyOf(wanted());
    if (text !== shown.text && !isOvertaken) {
      const view = read(text);
      ahead.keep(view);
      show(view);
    }
    ahead.fetch();
  }
  function showControls() {
    const apart = model.get("apart") ?? false;
    for (const [name, control] of controls) {
      if (!asker.isWaiting(name)) control.show(model.get(name), apart);
    }
  }

  const gone = () => {
    silent.textContent = "The kernel is gone. Run this cell again to bring the explorer back.";
  };
  const heard = [
    ["change:_view", draw], ["change:_answered", draw], ["change:position", ahead.forget],
    ["msg:custom", (answer) => ahead.came(answer.ahead.map(read))], ["comm:close", gone],
  ];
  for (const name of controls.keys()) heard.push([`change:${name}`, showControls]);
  for (const [event, callback] of heard) model.on(event, callback);
  showControls();
  draw();
  el.append(root);
  return () => {
    for (const [event, callback] of heard) model.off(event, callback);
    player.stop();
    speaker.stop();
    asker.stop();
  };
}

export default { render };
