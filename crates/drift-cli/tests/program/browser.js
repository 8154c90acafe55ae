// Stands at the end of a report in the test: uses it as a reader does and says what it saw.
(() => {
  const seen = [];
  window.addEventListener("error", (event) => seen.push("error: " + event.message));
  window.addEventListener("securitypolicyviolation", (event) => seen.push("error: asked for " + event.blockedURI));
  const point = (node, x, y) => {
    const box = node.getBoundingClientRect();
    const place = { clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true };
    node.dispatchEvent(new PointerEvent("pointermove", place));
    node.dispatchEvent(new MouseEvent("mousemove", place));
  };
  setTimeout(() => {
    const canvas = document.querySelector("#rate_maps .slider canvas");
    const [shown, sorted] = document.querySelectorAll("#rate_maps .slider input");
    const pixels = () => canvas.toDataURL();
    const last = pixels();
    shown.value = 0;
    shown.dispatchEvent(new Event("input"));
    seen.push("time moved: " + (pixels() !== last));
    const first = pixels();
    sorted.value = 0;
    sorted.dispatchEvent(new Event("input"));
    seen.push("sorted again: " + (pixels() !== first));
    point(canvas, 0.5, 0.5);
    seen.push("a map says: " + document.querySelector("#rate_maps .slider [aria-live]").textContent);
    point(document.querySelector("#correlation svg"), 0.2, 0.5);
    seen.push("a matrix says: " + document.querySelector("#correlation .told").textContent);
    point(document.querySelector("#loss .u-over"), 0.5, 0.5);
    const legend = document.querySelector("#loss .u-legend .u-series:nth-child(2)");
    legend.querySelector("th").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    setTimeout(() => {
      seen.push("a curve says: " + document.querySelector("#loss .u-legend .u-value").textContent);
      seen.push("switched off: " + legend.classList.contains("u-off"));
      document.body.dataset.seen = seen.join(" | ").replaceAll("\n", " ");
    }, 300);
  }, 1500);
})();
