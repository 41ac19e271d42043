// Elements: how all parts of the stage make them, and what they have in common.

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

// Only a text that changes is laid out anew, in the node that it has: a new one would be styled too.
function say(element, text) {
  const node = element.firstChild;
  if (!node) element.textContent = text;
  else if (node.data !== text) node.data = text;
}

// Only an attribute that changes is styled anew.
function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// What scrolls must be reached by key.
function letKeysScroll(element, onResize = () => {}) {
  new ResizeObserver(() => {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
    onResize();
  }).observe(element);
}
