// What all of practice's pages are made with; it is put before each of them.

const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves this element its keys

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

