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
const UPLOAD_AT_MOST = 9_000_000; // bytes: beyond 10 MiB Jupyter's server drops the connection
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
      if (Object.keys(waiting).length) send(); // what was shown last is what the kernel holds
      clearTimeout(silence);
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

// A number that is typed: { element, get, set }; what is none is marked and not taken.
function makeNumber(label, attributes, onChange) {
  const input = make("input", { type: "number", "aria-label": label, ...attributes, ...OWN_KEYS });
  const get = () => (input.value.trim() && input.checkValidity() ? input.valueAsNumber : null);
  const judge = () => input.setAttribute("aria-invalid", String(get() === null));
  let isTyping = false; // an answer that comes meanwhile takes no digit away
  input.addEventListener("input", () => { isTyping = true; });
  input.addEventListener("change", () => {
    isTyping = false;
    judge();
    if (get() !== null) onChange();
  });
  function set(value) {
    if (isTyping || get() === value) return;
    input.value = value;
    judge();
  }
  return { element: input, get, set };
}

// A menu of kernels, and one of the learner's own: a number for each weight, typed.
function makeKernel(control, ask) {
  const own = "own";
  const menu = makeMenu(
    { ...control, options: [...control.options, [own, "your own, typed"]] },
    (values) => ask(values[control.name] === own ? { [control.name]: drawn } : values),
  );
  const table = make("div", { class: "sl-weights", role: "group", "aria-label": `${control.label}, weights` });
  let drawn = []; // the weights that the picture shows
  let numbers = [];
  const take = () => {
    const weights = numbers.map((row) => row.map((number) => number.get()));
    if (!weights.flat().includes(null)) ask({ [control.name]: weights });
  };
  function build() {
    numbers = drawn.map((row, i) => row.map((_, j) =>
      makeNumber(`weight, row ${i}, column ${j}`, { step: "any" }, take)));
    table.style.gridTemplateColumns = `repeat(${drawn[0].length}, 4.4em)`;
    table.replaceChildren(...numbers.flat().map(({ element }) => element));
  }
  return {
    element: make("div", { class: "sl-wide" }, menu.element, table),
    near: menu.near,
    show(value) {
      menu.show(Array.isArray(value) ? own : value);
      table.hidden = !Array.isArray(value);
    },
    see(view) {
      const panel = view.columns.flat().find(({ name }) => name === "kernel");
      if (!panel) return;
      const next = panel.numbers.rows.map(([, ...texts]) =>
        texts.map((text) => Number(text.replaceAll("−", "-"))));
      const fits = next.length === numbers.length && next[0].length === numbers[0].length;
      drawn = next;
      if (!fits) build();
      numbers.forEach((row, i) => row.forEach((number, j) => number.set(drawn[i][j])));
    },
  };
}

// A menu of pictures, and one of the learner's own, from a file.
function makeImage(control, ask, send) {
  const other = "other";
  const file = make("input", { type: "file", accept: "image/*", "aria-label": `${control.label}, a file`, hidden: true });
  const menu = makeMenu(
    { ...control, options: [...control.options, [other, "Your own picture …"]] },
    (values) => {
      if (values[control.name] !== other) return ask(values);
      menu.show(shown);
      file.click();
    },
  );
  const select = menu.element.querySelector("select");
  let shown = "";
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) send({ control: control.name, file: chosen.name }, await chosen.arrayBuffer());
  });
  return {
    element: make("div", { class: "sl-wide" }, menu.element, file),
    near: () => control.options.map(([value]) => value),
    show(value) {
      shown = value;
      if (![...select.options].some((option) => option.value === value)) {
        select.lastChild.before(make("option", { value }, value.replace(/ #[0-9a-f]+$/, "")));
      }
      menu.show(value);
    },
  };
}

// A list of layers: each has a kind and its fields; they are added, moved and removed.
function makeLayers(control, ask) {
  const kinds = new Map(control.kinds.map((kind) => [kind.kind, kind]));
  const list = make("ol", { class: "sl-layers" });
  const add = make("button", { type: "button", ...OWN_KEYS }, "Add a layer");
  const element = make(
    "fieldset", { class: "sl-full-width" }, make("legend", { class: "sl-label" }, control.label), list, add,
  );
  let layers = [];
  const fresh = (kind) => ({
    layer: kind, ...Object.fromEntries(kinds.get(kind).fields.map(({ name, start }) => [name, start])),
  });

  function take(next, focus) {
    layers = next;
    build();
    list.querySelector(focus)?.focus();
    ask({ [control.name]: layers });
  }
  const at = (number) => `li:nth-child(${number + 1})`;
  const replaced = (number, ...by) => [...layers.slice(0, number), ...by, ...layers.slice(number + 1)];

  function makeField(field, layer, number) {
    const name = `layer ${number}, ${field.label}`;
    const set = (value) => {
      layers = replaced(number, { ...layers[number], [field.name]: value });
      ask({ [control.name]: layers });
    };
    if (field.kind === "choice") {
      const select = make(
        "select", { "aria-label": name, ...OWN_KEYS },
        ...field.options.map(([value, text]) => make("option", { value }, text)),
      );
      select.value = layer[field.name];
      select.addEventListener("change", () => set(select.value));
      return make("label", {}, make("span", {}, field.label), select);
    }
    const { element: input, get, set: put } = makeNumber(
      name, { min: field.low, max: field.high, step: 1 }, () => set(get()),
    );
    put(layer[field.name]);
    return make("label", {}, make("span", {}, field.label), input);
  }
  function makeLayer(layer, number) {
    const kind = make(
      "select", { class: "sl-kind", "aria-label": `layer ${number}, kind`, ...OWN_KEYS },
      ...control.kinds.map(({ kind: value, label }) => make("option", { value }, label)),
    );
    kind.value = layer.layer;
    kind.addEventListener("change", () => {
      take(replaced(number, fresh(kind.value)), `${at(number)} .sl-kind`);
    });
    const button = (text, label, off, next, to) => make("button", {
      type: "button", "aria-label": `layer ${number}: ${label}`, disabled: off, ...OWN_KEYS,
      onclick: () => take(next(), `${at(to)} .sl-kind`),
    }, text);
    const up = () => {
      const next = [...layers];
      next.splice(number - 1, 0, ...next.splice(number, 1));
      return next;
    };
    return make(
      "li", {}, kind, ...kinds.get(layer.layer).fields.map((field) => makeField(field, layer, number)),
      button("↑", "move up", number === 0, up, number - 1),
      button("✕", "remove", layers.length === 1, () => replaced(number), Math.max(0, number - 1)),
    );
  }
  function build() {
    list.replaceChildren(...layers.map(makeLayer));
    add.disabled = layers.length >= control.most;
  }
  add.addEventListener("click", () => {
    const last = layers[layers.length - 1];
    take([...layers, fresh(last.layer)], `${at(layers.length)} .sl-kind`);
  });
  return {
    element,
    near: () => [],
    show(value) {
      if (JSON.stringify(value) === JSON.stringify(layers)) return;
      layers = value;
      build();
    },
  };
}

function makeControl(control, ask, send) {
  const makers = {
    whole: makeWhole, switch: makeSwitch, kernel: makeKernel, image: makeImage, layers: makeLayers,
  };
  if (control.kind in makers) return makers[control.kind](control, ask, send);
  return (control.options.length > RADIOS_AT_MOST ? makeMenu : makeRadios)(control, ask);
}

// -------------------------------------------------------------------------------------- picture

function makeFigure(panel) {
  const title = make("span");
  const size = make("small");
  const picture = make("div", { class: "sl-picture" });
  const caption = make("p", { class: "sl-caption" });
  const element = make(
    "figure", { class: `sl-figure-${panel.role}`, "data-panel": panel.name },
    make("figcaption", {}, title, " ", size), picture, caption,
  );
  letKeysScroll(picture);
  let drawn = { start: "", parts: [] };
  const figure = { element, caption, svg: null, outline: null, fullText: () => "" };
  const hint = makeHint(picture, figure);
  figure.draw = (next, unit) => {
    const rows = next.numbers?.rows ?? [];
    figure.fullText = (row, col) => rows[row]?.[col + 1] ?? "";
    hint.unit = unit;
    say(title, next.title);
    say(size, next.size);
    say(caption, next.caption);
    if (next.start !== drawn.start) open(next);
    next.parts.forEach((part, i) => {
      if (part !== drawn.parts[i]) figure.svg.children[i].innerHTML = part;
    });
    drawn = next;
    figure.outline = picture.querySelector(".sl-outline");
  };
  function open({ start, parts }) {
    const [part, end] = start.startsWith("<svg") ? ["<g></g>", "</svg>"] : ["<div></div>", "</div>"];
    const template = make("template");
    template.innerHTML = `${start}${part.repeat(parts.length)}${end}`;
    const next = template.content.firstElementChild;
    if (!figure.svg) picture.append(next);
    else for (const { name, value } of next.attributes) figure.svg.setAttribute(name, value);
    figure.svg = picture.firstElementChild;
    if (part.startsWith("<g")) figure.svg.append(hint.element);
  }
  return figure;
}

// All digits of the cell under the pointer: one rectangle that follows it, with a title.
function makeHint(picture, figure) {
  const [element, title] = ["rect", "title"].map(
    (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag),
  );
  element.setAttribute("class", "sl-full");
  element.append(title);
  const hint = { element, unit: 0 };
  let over = "";
  picture.addEventListener("pointermove", (event) => {
    if (!element.isConnected) return;
    const [row, col] = cellUnder(event, figure.svg, hint.unit);
    const next = figure.fullText(row, col);
    if (`${row},${col},${next}` === over) return;
    over = `${row},${col},${next}`;
    title.textContent = next;
    put(element, col * hint.unit, row * hint.unit, hint.unit, next ? hint.unit : 0);
  });
  return hint;
}

function put(rect, x, y, width, height) {
  for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, value);
}

// Only a text that changes is laid out anew.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Moves an outline to these rows and columns: a rectangle a tap, then the two of the frame. Where
// nothing is read there is no outline.
function moveOutline(outline, rows, cols, unit) {
  outline.setAttribute("visibility", rows && cols ? "visible" : "hidden");
  if (!rows || !cols) return;
  const rects = outline.children;
  const taps = rows.length * cols.length;
  while (rects.length - 2 < taps) outline.prepend(rects[0].cloneNode());
  while (rects.length - 2 > taps) rects[0].remove();
  rows.forEach((row, i) => cols.forEach((col, j) => {
    const tap = rects[i * cols.length + j];
    tap.setAttribute("x", col * unit);
    tap.setAttribute("y", row * unit);
  }));
  const [width, height] = [cols, rows].map((all) => (all[all.length - 1] - all[0] + 1) * unit);
  for (const frame of [rects[taps], rects[taps + 1]]) {
    put(frame, cols[0] * unit, rows[0] * unit, width, height);
  }
}

// A cell of a grid that changes with the position: its square and its text.
function fillCell(cell, [text, level]) {
  const letters = cell.lastElementChild;
  if (cell.getAttribute("class") !== level) cell.setAttribute("class", level);
  say(letters, text);
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

  function arrange({ columns, stacked }) {
    const next = JSON.stringify([stacked, columns.map((column) => column.map(({ name }) => name))]);
    if (next === layout) return;
    element.classList.toggle("sl-stacked", stacked);
    layout = next;
    const kept = figures;
    figures = new Map();
    for (const panel of columns.flat()) {
      figures.set(panel.name, kept.get(panel.name) ?? makeFigure(panel));
    }
    element.replaceChildren(...columns.map((column) =>
      make("div", { class: "sl-column" }, ...column.map(({ name }) => figures.get(name).element))));
  }

  const focused = () => element.querySelector("[data-at]:focus");

  function show(next) {
    const hadFocus = focused() !== null;
    view = next;
    arrange(view);
    for (const panel of view.columns.flat()) figures.get(panel.name).draw(panel, view.unit);
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
      const look = (k) => fill.looks[fill.index[index * fill.size + k]];
      const cells = figure.svg.querySelector(".sl-cells").children;
      for (let k = 0; k < fill.size; k += 1) fillCell(cells[k], look(k));
      figure.fullText = (row, col) =>
        (row >= 0 && col >= 0 && col < fill.cols ? look(row * fill.cols + col)?.[2] ?? "" : "");
      say(figure.caption, fill.captions[index]);
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
  const toPlaced = () => view?.focus && moveTo(...view.focus.position);
  return { element, show, step, toStart: () => moveTo(0, 0), toPlaced };
}

// -------------------------------------------------------------------------------------- in words

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

// What scrolls must be reached by key.
function letKeysScroll(element) {
  new ResizeObserver(() => {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }).observe(element);
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

// The question of a learner who predicts first: numbers to type, or options to choose from.
function makeQuestion(ask) {
  const choices = make("div", { class: "sl-options", role: "radiogroup", "aria-label": "Your prediction" });
  const input = make("input", { type: "text", inputmode: "numeric", autocomplete: "off", ...OWN_KEYS });
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
    typed.hidden = next.length > 0;
    choices.hidden = next.length === 0;
    if (JSON.stringify(next) === options) return;
    options = JSON.stringify(next);
    const group = `sl-${Math.random().toString(36).slice(2)}`;
    choices.replaceChildren(...next.map((value) => make(
      "label", {}, make("input", { type: "radio", name: group, value, ...OWN_KEYS }), make("span", {}, value),
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

const BUSY = "No answer from the kernel: it is busy, or gone. If it is gone, run this cell again.";
const GONE = "The kernel is gone. Run this cell again to bring the explorer back.";
const TOO_LARGE = "The file is larger than 9 MB, which a notebook's server does not take in one message. "
  + "Save it smaller, or give its path in Python: e.image = \"…\".";
const INDICES = "Rows go down and come first, columns go right; indices start at 0.";

// Which values the page wants shown, which scene shows them, and when to ask for it.
function makeAsking(model, names, fetchesAhead, onShow, onSilence, onWaiting) {
  const asker = makeAsker(model, onSilence);
  const keyOf = (values) => JSON.stringify(names.map((name) => values[name]));
  const held = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const wanted = () => ({ ...held(), ...asker.unanswered() });
  const ahead = makeAhead(model, keyOf, asker.isOpen);
  let shown = { key: "", text: "" };

  function show(view) {
    if (view.text === shown.text) return;
    shown = view;
    onShow(view);
  }
  function read(text) {
    const view = JSON.parse(text);
    return Object.assign(view, { text, key: keyOf(view.values) });
  }
  return {
    asker,
    forget: ahead.forget,
    came: ({ ahead: texts }) => texts && ahead.came(texts.map(read)),
    // A control that moves asks another question than the one that the learner answered.
    move(values) {
      const next = { ...values, guess: "" };
      const ready = fetchesAhead && ahead.get({ ...wanted(), ...next });
      if (ready) show(ready);
      onWaiting(true);
      asker.ask(model.get("guess") ? next : values, Boolean(ready));
    },
    comeNear(element, candidates) {
      if (!fetchesAhead) return;
      const come = () => ahead.come(
        () => candidates().map((values) => ({ ...wanted(), ...values, guess: "" })),
      );
      for (const event of ["pointerenter", "focusin", "input"]) element.addEventListener(event, come);
    },
    draw() {
      asker.answered(model.get("_answered"));
      onWaiting(asker.isBehind());
      const text = model.get("_view");
      const isOvertaken = asker.isBehind() && shown.key === keyOf(wanted());
      if (text !== shown.text && !isOvertaken) {
        const view = read(text);
        if (fetchesAhead && !view.error) ahead.keep(view); // an error may be one of that moment
        show(view);
      }
      ahead.fetch();
    },
  };
}

function render({ model, el }) {
  const setup = JSON.parse(model.get("_setup"));
  const root = make("div", { class: "sl sl-stage", role: "group", "aria-label": `Explorer: ${setup.title}` });
  const speaker = makeSpeaker();
  const words = makeWords(speaker);
  const silent = make("p", { class: "sl-silent", role: "status" });
  const picture = makePicture((text) => {
    words.note.textContent = text;
    if (text && !moves?.player.isPlaying()) speaker.say(text);
  }, () => moves.player.stop());
  const moves = makeMoves(picture, root, () => speaker.say(words.note.textContent));

  const names = [...setup.controls.map(({ name }) => name), "guess"];
  const asking = makeAsking(
    model, names, setup.ahead,
    (view) => shows.forEach((one) => one.show(view)),
    (isSilent) => { silent.textContent = isSilent ? BUSY : ""; },
    (isWaiting) => { root.dataset.waiting = isWaiting; },
  );
  function send(content, data) {
    try {
      if (data?.byteLength > UPLOAD_AT_MOST) silent.textContent = TOO_LARGE;
      else model.send(content, undefined, data && [data]);
    } catch {
      silent.textContent = GONE;
    }
  }
  const controls = new Map(setup.controls.map(
    (control) => [control.name, makeControl(control, asking.move, send)],
  ));
  for (const [name, control] of controls) {
    asking.comeNear(control.element, () => control.near().map((value) => ({ [name]: value })));
  }
  const starts = Object.fromEntries(setup.controls.map(({ name, start }) => [name, start]));
  const reset = make("button", { type: "button", ...OWN_KEYS }, "Reset");
  reset.addEventListener("click", () => {
    moves.player.stop();
    asking.move(starts);
    picture.toPlaced();
  });
  asking.comeNear(reset, () => [starts]);
  const surprises = makeSurprises(setup.presets, asking.move);
  asking.comeNear(surprises.element, surprises.near);
  const question = makeQuestion((values) => asking.asker.ask(values, false));
  const action = makeAction(setup.action, model, send);
  const folds = makeFolds();
  const seeing = { show: (view) => controls.forEach((control) => control.see?.(view)) };
  const shows = [question, surprises, moves, picture, words, seeing, folds];
  root.append(
    make("div", { class: "sl-head" }, make("strong", {}, setup.title), surprises.element, reset),
    make("div", { class: "sl-controls" }, ...[...controls.values()].map((one) => one.element)),
    action.element, surprises.look, question.verdict, words.sentence, question.form,
    words.wrong, picture.element, moves.element, words.note, silent, ...folds.elements,
    make("p", { class: "sl-foot" }, INDICES), speaker.element,
  );

  function showControls() {
    const apart = model.get("apart") ?? false;
    for (const [name, control] of controls) {
      if (!asking.asker.isWaiting(name)) control.show(model.get(name), apart);
    }
  }
  const heard = [
    ["change:_view", asking.draw], ["change:_answered", asking.draw],
    ["change:position", asking.forget], ["change:_progress", action.show],
    ["msg:custom", asking.came], ["comm:close", () => { silent.textContent = GONE; }],
    ...names.map((name) => [`change:${name}`, showControls]),
  ];
  for (const [event, callback] of heard) model.on(event, callback);
  showControls();
  action.show();
  asking.draw();
  el.append(root);
  return () => {
    for (const [event, callback] of heard) model.off(event, callback);
    moves.player.stop();
    speaker.stop();
    asking.asker.stop();
  };
}

export default { render };
