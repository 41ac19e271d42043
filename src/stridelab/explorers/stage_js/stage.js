// StrideLab's stage: native inputs for a model's controls, and the scenes that Python draws.
//
// It works out nothing about convolutions. Which cells belong together, products, sums and
// sentences come as data; it asks for scenes, puts them in place, and answers hover, steps and
// keys. It uses no more of the host than anywidget's contract: get, send, on, off.

const UPLOAD_AT_MOST = 9_000_000; // bytes: beyond 10 MiB Jupyter's server drops the connection
const BUSY = "No answer from the kernel: it is busy, or gone. If it is gone, run this cell again.";
const GONE = "The kernel is gone. Run this cell again to bring the explorer back.";
const TOO_LARGE = "The file is larger than 9 MB, which a notebook's server does not take in one message. "
  + "Save it smaller, or give its path in Python: e.image = \"…\".";
const INDICES = "Rows go down and come first, columns go right; indices start at 0.";

const isGrid = ({ start }) => start.startsWith("<svg");

function render({ model, el }) {
  const setup = JSON.parse(model.get("_setup"));
  const root = make("div", { class: "sl sl-stage", role: "group", "aria-label": `Explorer: ${setup.title}` });
  const speaker = makeSpeaker();
  const words = makeWords(speaker);
  const silent = make("p", { class: "sl-silent", role: "status" });
  const picture = makePicture((text) => {
    say(words.note, text);
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
  const moveAll = (values) => {
    moves.player.stop();
    asking.move(values);
    showControls();
  };
  reset.addEventListener("click", () => {
    moveAll(starts);
    picture.toPlaced();
  });
  asking.comeNear(reset, () => [starts]);
  const surprises = makeSurprises(setup.presets, moveAll);
  asking.comeNear(surprises.element, surprises.near);
  const question = makeQuestion((values) => asking.asker.ask(values, false));
  const action = makeAction(setup.action, model, send);
  const folds = makeFolds();
  const seeing = { show: (view) => controls.forEach((control) => control.see?.(view)) };
  const foot = make("p", { class: "sl-foot" }, INDICES);
  const indices = { show: (view) => { foot.hidden = !view.columns.flat().some(isGrid); } };
  const shows = [question, surprises, moves, picture, words, seeing, folds, indices];
  root.append(
    make("div", { class: "sl-head" }, make("strong", {}, setup.title), surprises.element, reset),
    make("div", { class: "sl-controls" }, ...[...controls.values()].map((one) => one.element)),
    action.element, surprises.look, question.verdict, words.sentence, question.form,
    words.wrong, picture.element, moves.element, words.note, silent, ...folds.elements,
    foot, speaker.element,
  );

  // What the learner asked for stands in the controls, answered or not.
  function showControls() {
    const wanted = asking.wanted();
    for (const [name, control] of controls) control.show(wanted[name], wanted.apart ?? false);
  }
  const heard = [
    ["change:_view", asking.draw], ["change:_answered", asking.draw], ["change:_answered", showControls],
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
