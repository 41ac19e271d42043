// The picture: panels that Python drew, put in place; the cell that the learner is at, and what
// follows it.

function makeFigure(panel) {
  const title = make("span");
  const size = make("small");
  const picture = make("div", { class: "sl-picture" });
  const caption = make("p", { class: "sl-caption" });
  const element = make(
    "figure", { class: `sl-figure-${panel.role}`, "data-panel": panel.name },
    make("figcaption", {}, title, " ", size), picture, caption,
  );
  letKeysScroll(picture, () => figure.reveal(...lit));
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
  let lit = [];
  figure.reveal = (col, unit) => { // what is lit is to be seen, where the picture scrolls
    lit = [col, unit];
    if (picture.tabIndex !== 0 || !unit) return;
    const { x, width } = figure.svg.viewBox.baseVal;
    const scale = figure.svg.getBoundingClientRect().width / width;
    const left = (col * unit - x) * scale;
    const isSeen = left >= picture.scrollLeft
      && left + unit * scale <= picture.scrollLeft + picture.clientWidth;
    if (!isSeen) picture.scrollLeft = left - picture.clientWidth / 2;
  };
  function open({ start, parts }) {
    const [part, end] = isGrid({ start }) ? ["<g></g>", "</svg>"] : ["<div></div>", "</div>"];
    const template = make("template");
    template.innerHTML = `${start}${part.repeat(parts.length)}${end}`;
    const next = template.content.firstElementChild;
    if (!figure.svg) picture.append(next);
    else for (const { name, value } of next.attributes) figure.svg.setAttribute(name, value);
    figure.svg = picture.firstElementChild;
    if (isGrid({ start })) figure.svg.append(hint.element);
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
  function follow(row, col) {
    const next = figure.fullText(row, col);
    if (`${row},${col},${next}` === over) return;
    over = `${row},${col},${next}`;
    say(title, next);
    put(element, col * hint.unit, row * hint.unit, hint.unit, next ? hint.unit : 0);
  }
  picture.addEventListener("pointermove", (event) => {
    if (!element.isConnected) return;
    const cell = cellUnder(event, figure.svg, hint.unit);
    requestAnimationFrame(() => follow(...cell)); // once the picture has followed, in one layout
  });
  return hint;
}

function put(rect, x, y, width, height) {
  for (const [name, value] of Object.entries({ x, y, width, height })) set(rect, name, value);
}

// Moves an outline to these rows and columns: the path round each tap, then the two frames round
// all. Where nothing is read there is no outline.
function moveOutline(outline, rows, cols, unit) {
  set(outline, "visibility", rows && cols ? "visible" : "hidden");
  if (!rows || !cols) return;
  const [taps, ...frames] = outline.children;
  const square = (row, col) => `M${col * unit} ${row * unit}h${unit}v${unit}h-${unit}z`;
  set(taps, "d", rows.map((row) => cols.map((col) => square(row, col)).join("")).join(""));
  const [width, height] = [cols, rows].map((all) => (all[all.length - 1] - all[0] + 1) * unit);
  for (const frame of frames) put(frame, cols[0] * unit, rows[0] * unit, width, height);
}

// A cell of a grid that changes with the position: its square and its text.
function fillCell(cell, [text, level]) {
  set(cell, "class", level);
  say(cell.lastElementChild, text);
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
      const figure = figures.get(window.grid);
      const source = window.cells?.[at[0]][at[1]].map((index) => [index]);
      const [rows, cols] = source ?? [window.rows[at[0]], window.cols[at[1]]];
      moveOutline(figure.outline, rows, cols, view.unit);
      if (cols) figure.reveal(cols[0], view.unit);
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
