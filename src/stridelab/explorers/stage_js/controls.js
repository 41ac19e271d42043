// Controls: a native input for each of a model's controls.
//
// Each maker returns { element, show(value, apart), near() }; the element asks when the learner
// moves it, and near() lists the values that the next move can reach, the likeliest first.

const RADIOS_AT_MOST = 4; // more options make a menu
const AHEAD_AT_MOST = 6; // values on either side of a slider's own whose scenes are fetched ahead

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
    table.style.gridTemplateColumns = `repeat(${drawn[0].length}, 5.4em)`;
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

// The lengths of an array's axes: a slider each, which ends where the array would hold too much.
function makeLengths(control, ask) {
  let lengths = [];
  const replaced = (axis, by) => lengths.map((length, i) => (i === axis ? by : length));
  const room = (axis) => Math.floor(control.numbers / replaced(axis, 1).reduce((all, one) => all * one));
  const limits = (axis) => ({ low: control.low, high: Math.min(control.high, room(axis)) });
  function move(axis) {
    lengths = replaced(axis, sliders[axis].get()); // the next move may come before the answer
    ask({ [control.name]: lengths });
  }
  const sliders = Array.from({ length: control.most }, (_, axis) =>
    makeAxis(control, `axis ${axis}`, () => move(axis)));
  const label = make("span", { class: "sl-label", "aria-hidden": "true" }, control.label);
  return {
    element: make("div", {}, label, ...sliders.map(({ element }) => element)),
    near: () => around(control).flatMap((by) => lengths.map((length, axis) =>
      replaced(axis, within(limits(axis), length + by)))),
    show(value) {
      lengths = value;
      sliders.forEach((slider, axis) => {
        slider.element.hidden = axis >= value.length;
        if (axis >= value.length) return;
        slider.element.querySelector("input").max = limits(axis).high;
        slider.show(value[axis], true);
      });
    },
  };
}

// A menu of orders of axes, and one from Python. An order of another number of axes brings lengths.
function makeOrder(control, ask) {
  let count = 0;
  const parsed = (text) => text.split(",").map(Number);
  const menu = makeMenu(control, (values) => {
    const order = parsed(values[control.name]);
    const along = order.length === count ? {} : { [control.lengths]: control.starts[order.length] };
    ask({ [control.name]: order, ...along });
  });
  const select = menu.element.querySelector("select");
  return {
    element: menu.element,
    near: () => menu.near().map(parsed).filter((order) => order.length === count),
    show(value) {
      const name = value.join();
      if (![...select.options].some((option) => option.value === name)) {
        select.append(make("option", { value: name }, `(${value.join(", ")})`));
      }
      menu.show(name);
    },
    see(view) {
      count = view.values[control.lengths].length;
    },
  };
}

function makeControl(control, ask, send) {
  const makers = {
    whole: makeWhole, switch: makeSwitch, kernel: makeKernel, image: makeImage, layers: makeLayers,
    lengths: makeLengths, order: makeOrder,
  };
  if (control.kind in makers) return makers[control.kind](control, ask, send);
  return (control.options.length > RADIOS_AT_MOST ? makeMenu : makeRadios)(control, ask);
}
