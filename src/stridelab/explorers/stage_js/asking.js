// Asking the kernel for scenes: one question at a time, and ahead of the hand.

const ANSWER_MS = 5000; // without an answer for so long, say so
const PAUSE_MS = 150; // before a question about what is drawn already
const AT_ONCE = 2; // scenes in one answer: the kernel must stay free for a question
const KEPT_AT_MOST = 60; // scenes

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
    wanted,
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
