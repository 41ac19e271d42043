// A model for a page without a kernel: it holds scenes made beforehand, and says where it has none.

const NO_KERNEL = "This page has no kernel: it holds the surprises and, in most explorers, the moves of "
  + "one control from its start. Reset goes back to the start; in Jupyter every move is possible.";

const WRONG = "999999999";

function makeModel(held, views) {
  const state = { ...held };
  const listeners = new Map();
  const names = Object.keys(JSON.parse(views[0]).values);
  const keyOf = (values) => JSON.stringify(names.map((name) => values[name]));
  const known = new Map(views.map((view) => [keyOf(JSON.parse(view).values), view]));
  const values = () => Object.fromEntries(names.map((name) => [name, state[name]]));

  function set(changes) {
    Object.assign(state, changes);
    for (const name of Object.keys(changes)) {
      for (const callback of listeners.get(`change:${name}`) ?? []) callback();
    }
  }
  // What a learner predicts: a wrong number is judged as the one that stands for all of them.
  function judged(next) {
    const numbers = (next.guess.match(/[0-9]+/g) ?? []).map((digits) => digits.replace(/^0+(?=.)/, ""));
    const [said, wrong] = [numbers, numbers.map(() => WRONG)].map((all) => all.join(" × "));
    const find = (guess) => known.get(keyOf({ ...next, guess }));
    if (!numbers.length) return find("?");
    return find(said) ?? find(wrong)?.replaceAll(wrong, said) ?? find("?");
  }
  return {
    get: (name) => state[name],
    on: (event, callback) => listeners.set(event, [...(listeners.get(event) ?? []), callback]),
    off: (event, callback) => listeners.set(
      event, (listeners.get(event) ?? []).filter((one) => one !== callback),
    ),
    send({ values: asked, mark }) { // a file and a button ask for no values
      const next = { ...values(), ...asked };
      const view = asked && (known.get(keyOf(next)) ?? (next.guess && judged(next)));
      if (view) return set({ ...next, _view: view, _answered: mark });
      const error = { ...JSON.parse(state._view), error: NO_KERNEL };
      set({ ...values(), _view: JSON.stringify(error), _answered: mark });
    },
  };
}
