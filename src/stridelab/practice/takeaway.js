// Two buttons: the attempts as a download, and a file's attempts for Python to add.

function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function render({ model, el }) {
  const download = make("button", { type: "button", ...OWN_KEYS }, "Download my progress");
  const file = make("input", { type: "file", accept: ".json,application/json", ...OWN_KEYS });
  const add = make("label", { class: "sl-file" }, "Add a file's: ", file);
  const said = make("p", { class: "sl-said", role: "status", "aria-live": "polite" });
  const root = make("div", { class: "sl sl-card", role: "group", "aria-label": "Take your progress along" });
  root.append(make("div", { class: "sl-buttons" }, download, add), said);

  download.addEventListener("click", () => model.send({ do: "export" }));
  file.addEventListener("change", async () => {
    if (file.files.length) model.send({ do: "import", text: await file.files[0].text() });
    file.value = ""; // the same file can be chosen again
  });
  const came = (message) => save(message.file, message.text);
  const show = () => { said.textContent = model.get("said"); };
  model.on("msg:custom", came);
  model.on("change:said", show);
  show();
  el.append(root);
  return () => {
    model.off("msg:custom", came);
    model.off("change:said", show);
  };
}

export default { render };
