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

// Only a text that changes is laid out anew.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// What scrolls must be reached by key.
function letKeysScroll(element) {
  new ResizeObserver(() => {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }).observe(element);
}
