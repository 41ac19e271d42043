// What the theme leaves out for people who use keys or hear the page.
addEventListener("load", () => {
  for (const frame of document.querySelectorAll("pre, .text_html, .table-wrapper")) {
    if (frame.scrollWidth > frame.clientWidth && !frame.hasAttribute("tabindex")) {
      frame.tabIndex = 0; // what scrolls sideways can be reached
    }
  }
  for (const caption of document.querySelectorAll(".caption[role=heading]:not([aria-level])")) {
    caption.setAttribute("aria-level", "2");
  }
});
