// Makes the drawings of a report answer: zoom, values, a slider over time, data to copy.
// A figure without what is needed here keeps its drawing.
(() => {
  "use strict";
  const colours = JSON.parse(document.getElementById("colours").textContent);
  const level = new Map(colours.map((rgb, index) => [rgb.join(), index / (colours.length - 1)]));
  const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  const line = () => getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
  const charts = [];

  const make = (tag, attributes = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), attributes);
    node.append(...children);
    return node;
  };
  const number = (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (Number.isInteger(value)) return String(value);
    const size = Math.abs(value);
    return size >= 1e5 || size < 1e-3 ? value.toExponential(3) : String(+value.toPrecision(5));
  };

  // --- curves -------------------------------------------------------------------------------

  // uPlot wants one column of x for all series.
  const aligned = (panel) => {
    const isSorted = (x) => x.every((value, index) => index === 0 || x[index - 1] <= value);
    if (!panel.series.length || !panel.series.every((series) => isSorted(series.x))) return null;
    const inside = (x) => (panel.x.log && !(x > 0) ? panel.x.range[0] : x);
    const tables = [];
    for (const series of panel.series) {
      const x = series.x.map(inside);
      tables.push([x, series.y]);
      if (series.mark === "band") tables.push([x, series.low]);
    }
    return uPlot.join(tables);
  };

  const axis = (data, more) => ({
    label: data.label,
    stroke: ink,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    ...(data.ticks && {
      splits: () => data.ticks.map((tick) => tick[0]),
      values: () => data.ticks.map((tick) => tick[1]),
    }),
    ...more,
  });

  const curves = (panel, key) => {
    // A series at one x is a line across the panel, which uPlot has no curve for.
    const across = panel.series.filter((one) => one.x.length > 1 && one.x.every((x) => x === one.x[0]));
    panel = { ...panel, series: panel.series.filter((one) => !across.includes(one)) };
    const data = aligned(panel);
    if (!data) return null;
    const borders = (chart) => {
      const context = chart.ctx;
      context.save();
      context.setLineDash([6, 4]);
      for (const one of across) {
        const x = chart.valToPos(one.x[0], "x", true);
        if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) continue;
        context.strokeStyle = context.fillStyle = one.colour;
        context.beginPath();
        context.moveTo(x, chart.bbox.top);
        context.lineTo(x, chart.bbox.top + chart.bbox.height);
        context.stroke();
        if (one.label) context.fillText(one.label, x + 4, chart.bbox.top + 14);
      }
      context.restore();
    };
    const series = [{ label: panel.x.label, value: (_, value) => number(value) }];
    const bands = [];
    for (const one of panel.series) {
      const shared = {
        label: one.label || panel.y.label,
        scale: one.right ? "right" : "y",
        stroke: one.colour,
        value: (_, value) => number(value),
        spanGaps: false,
      };
      if (one.mark === "band") {
        bands.push({ series: [series.length, series.length + 1], fill: one.colour + "38" });
        series.push({ ...shared, width: 0, points: { show: false } });
        series.push({ ...shared, width: 0, label: shared.label + " (lower)", points: { show: false } });
      } else if (one.mark === "dots") {
        series.push({ ...shared, width: 0, points: { show: true, size: 2 * one.width + 2, fill: one.colour } });
      } else {
        series.push({ ...shared, width: one.width, dash: one.mark === "dashed" ? [6, 4] : undefined });
      }
    }
    const upright = (range) => [Math.min(...range), Math.max(...range)];
    const scale = (axis) => ({ distr: axis.log ? 3 : 1, range: upright(axis.range) });
    const options = {
      width: 400,
      height: 300,
      title: panel.title,
      scales: {
        x: { time: false, distr: panel.x.log ? 3 : 1, auto: false, min: panel.x.range[0], max: panel.x.range[1] },
        y: scale(panel.y),
        ...(panel.right && { right: scale(panel.right) }),
      },
      axes: [
        axis(panel.x, {}),
        axis(panel.y, { size: 64 }),
        ...(panel.right ? [axis(panel.right, { scale: "right", side: 1, size: 64, grid: { show: false } })] : []),
      ],
      series,
      bands,
      cursor: { sync: { key }, drag: { x: true, y: false } },
      hooks: { draw: [borders] },
    };
    const box = make("div");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", panel.title + ": " + panel.y.label + " against " + panel.x.label);
    const chart = new uPlot(options, data, box);
    charts.push(chart);
    // The legend switches curves; let keys do so too.
    for (const head of box.querySelectorAll(".u-series th")) {
      head.tabIndex = 0;
      head.setAttribute("role", "button");
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          head.click();
        }
      });
    }
    const fit = () => {
      const width = Math.floor(box.clientWidth);
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: 300 });
    };
    // Within the observer itself a new size would be observed again.
    new ResizeObserver(() => requestAnimationFrame(fit)).observe(box);
    return { box, reset: () => chart.setScale("x", { min: panel.x.range[0], max: panel.x.range[1] }) };
  };

  // --- values under the pointer, in a drawing -------------------------------------------------

  const at = (axis, share) => {
    const [low, high] = axis.range;
    return axis.log ? low * Math.pow(high / low, share) : low + share * (high - low);
  };

  const pixels = (image) => {
    if (!image.pixels) {
      image.pixels = { data: null };
      const picture = new Image();
      picture.onload = () => {
        const canvas = make("canvas", { width: picture.width, height: picture.height });
        const context = canvas.getContext("2d", { willReadFrequently: true });
        context.drawImage(picture, 0, 0);
        image.pixels.data = context.getImageData(0, 0, picture.width, picture.height);
      };
      picture.src = image.getAttribute("href");
    }
    return image.pixels.data;
  };

  // A colour is one of 256 levels, so a value read from it is good to 0.4 % of the scale.
  const valueOf = (data, x, y) => {
    const start = 4 * (y * data.width + x);
    const share = level.get([data.data[start], data.data[start + 1], data.data[start + 2]].join());
    return share === undefined ? null : share;
  };

  const told = (drawing, shown) => {
    const svg = drawing.querySelector("svg");
    const [wide, high] = [svg.getAttribute("width"), svg.getAttribute("height")].map(Number);
    const images = svg.querySelectorAll("image");
    const tip = make("div", { className: "told", hidden: true });
    drawing.append(tip);
    const say = (heat, right, up) => {
      const data = images[heat.image] && pixels(images[heat.image]);
      if (!data) return "";
      const column = Math.min(data.width - 1, Math.floor(right * data.width));
      const row = Math.min(data.height - 1, Math.floor((1 - up) * data.height));
      const share = valueOf(data, column, row);
      const value = share === null ? "nothing" : number(+(heat.low + share * (heat.high - heat.low)).toPrecision(3));
      const where = [];
      if (heat.x && !heat.x.ticks) where.push(number(+at(heat.x, right).toPrecision(3)));
      if (heat.y && !heat.y.ticks) where.push(number(+at(heat.y, up).toPrecision(3)));
      return (heat.title ? heat.title + "\n" : "") + value + (where.length ? "  at " + where.join(", ") : "");
    };
    const nearest = (panel, right) => {
      const x = at(panel.x, right);
      const lines = panel.series.filter((one) => one.x.length).map((one) => {
        let best = 0;
        one.x.forEach((value, index) => {
          if (Math.abs(value - x) < Math.abs(one.x[best] - x)) best = index;
        });
        return (one.label || panel.y.label) + ": " + number(one.y[best]);
      });
      return panel.x.label + ": " + number(+x.toPrecision(3)) + "\n" + lines.join("\n");
    };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * wide;
      const y = ((event.clientY - box.top) / box.height) * high;
      const hit = shown.find(({ heat, panel }) => {
        const [left, top, width, height] = (heat || panel).plot;
        return x >= left && x < left + width && y >= top && y < top + height;
      });
      let text = "";
      if (hit) {
        const [left, top, width, height] = (hit.heat || hit.panel).plot;
        const [right, up] = [(x - left) / width, 1 - (y - top) / height];
        text = hit.heat ? say(hit.heat, right, up) : nearest(hit.panel, right);
      }
      tip.hidden = text === "";
      tip.textContent = text;
      const paper = drawing.getBoundingClientRect();
      const beside = event.clientX - paper.left + drawing.scrollLeft;
      tip.style.left = Math.max(0, beside - (beside > paper.width * 0.7 ? tip.offsetWidth + 12 : -12)) + "px";
      tip.style.top = event.clientY - paper.top + 14 + "px";
    });
    svg.addEventListener("pointerleave", () => { tip.hidden = true; });
  };

  // --- rate maps through time ------------------------------------------------------------------

  const slider = (maps) => {
    const last = maps.times.length - 1;
    const range = (value) => make("input", { type: "range", min: 0, max: last, value });
    const [shown, sorted] = [range(last), range(last)];
    const [shownText, sortedText, told] = [make("output"), make("output"), make("output")];
    told.setAttribute("aria-live", "polite");
    const canvas = make("canvas", { tabIndex: 0 });
    canvas.setAttribute("role", "img");
    const picture = new Image();
    let source = null;
    let probe = null;
    const order = () => maps.orders[sorted.value];
    const tell = () => {
      const rows = order().length;
      if (!probe || !source || !rows) { told.textContent = ""; return; }
      probe = [Math.max(0, Math.min(maps.bins - 1, probe[0])), Math.max(0, Math.min(rows - 1, probe[1]))];
      const row = order()[probe[1]];
      const value = valueOf(source, shown.value * maps.bins + probe[0], row);
      const [low, high] = maps.extent;
      const place = low + ((probe[0] + 0.5) / maps.bins) * (high - low);
      told.textContent = "unit " + maps.units[row] + ", position " + number(+place.toPrecision(3)) +
        ": " + (value === null ? "no map" : "rate / peak rate " + value.toFixed(2));
    };
    const draw = () => {
      const rows = order();
      shownText.textContent = maps.times[shown.value];
      sortedText.textContent = maps.times[sorted.value] + " (" + rows.length + " " + maps.rows + ")";
      shown.setAttribute("aria-valuetext", maps.times[shown.value]);
      sorted.setAttribute("aria-valuetext", maps.times[sorted.value]);
      canvas.setAttribute("aria-label", rows.length + " rate maps at " + maps.times[shown.value] +
        ", sorted by " + maps.times[sorted.value]);
      if (!source) return;
      [canvas.width, canvas.height] = [maps.bins, Math.max(1, rows.length)];
      const image = new ImageData(canvas.width, canvas.height);
      rows.forEach((row, index) => {
        const start = 4 * (row * source.width + shown.value * maps.bins);
        image.data.set(source.data.subarray(start, start + 4 * maps.bins), 4 * index * maps.bins);
      });
      canvas.getContext("2d").putImageData(image, 0, 0);
      tell();
    };
    picture.onload = () => {
      const whole = make("canvas", { width: picture.width, height: picture.height });
      const context = whole.getContext("2d", { willReadFrequently: true });
      context.drawImage(picture, 0, 0);
      source = context.getImageData(0, 0, picture.width, picture.height);
      draw();
    };
    if (maps.image) picture.src = "data:image/png;base64," + maps.image;
    shown.addEventListener("input", draw);
    sorted.addEventListener("input", draw);
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      probe = [
        Math.floor(((event.clientX - box.left) / box.width) * maps.bins),
        Math.floor(((event.clientY - box.top) / box.height) * order().length),
      ];
      tell();
    });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      probe = probe ? [probe[0] + step[0], probe[1] + step[1]] : [0, 0];
      tell();
    });
    draw();
    const tools = make("div", { className: "tools" },
      make("label", {}, "shown", shown, shownText), make("label", {}, "sorted by", sorted, sortedText));
    const ends = make("div", { className: "ends" },
      make("span", { textContent: number(maps.extent[0]) }), make("span", { textContent: maps.position }),
      make("span", { textContent: number(maps.extent[1]) }));
    const table = () => {
      const values = order().map((row) => Array.from({ length: maps.bins }, (_, bin) =>
        source ? valueOf(source, shown.value * maps.bins + bin, row) : null));
      const text = (value) => (value === null ? "" : value.toFixed(3));
      return "unit," + values.at(0)?.map((_, bin) => "bin" + bin).join() + "\n" +
        values.map((row, index) => maps.units[order()[index]] + "," + row.map(text).join()).join("\n") + "\n";
    };
    return { box: make("div", { className: "slider" }, tools, canvas, ends, told), table };
  };

  // --- data to take along ------------------------------------------------------------------------

  const table = (shown, drawing) => {
    const cell = (text) => (/[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
    const rows = ["panel,series,x,y"];
    const images = drawing.querySelectorAll("image");
    for (const { panel, heat } of shown) {
      for (const one of panel ? panel.series : []) {
        const start = cell(panel.title) + "," + cell(one.label || panel.y.label) + ",";
        one.x.forEach((x, index) => rows.push(start + x + "," + (one.y[index] ?? "")));
        one.low.forEach((low, index) => rows.push(cell(panel.title) + ",lower edge," + one.x[index] + "," + (low ?? "")));
      }
      const data = heat && images[heat.image] && pixels(images[heat.image]);
      for (let row = 0; data && row < data.height; row++) {
        const values = Array.from({ length: data.width }, (_, column) => valueOf(data, column, row));
        const text = values.map((share) => (share === null ? "" : +(heat.low + share * (heat.high - heat.low)).toPrecision(3)));
        rows.push(cell(heat.title || "map") + ",row " + row + "," + text.join());
      }
    }
    return rows.join("\n") + "\n";
  };

  const copy = async (text, button) => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  const button = (text, act) => {
    const node = make("button", { type: "button", textContent: text });
    node.addEventListener("click", () => act(node));
    return node;
  };

  for (const figure of document.querySelectorAll("figure")) {
    const shown = JSON.parse(figure.querySelector("script.shown").textContent);
    const drawing = figure.querySelector(".drawing");
    const tools = make("div", { className: "tools" });
    const maps = shown.find((one) => one.maps);
    const placed = shown.filter((one) => one.panel || one.heat);
    // Heat maps ask for their pixels early, so that they are there when they are wanted.
    drawing.querySelectorAll("image").forEach(pixels);
    const drawn = placed.length && placed.every((one) => one.panel) && !shown.includes("drawing")
      ? placed.map((one) => curves(one.panel, figure.id)) : [null];
    if (drawn.every((one) => one)) {
      drawing.before(make("div", { className: "live" }, ...drawn.map((one) => one.box)));
      tools.append(button("Whole range", () => drawn.forEach((one) => one.reset())));
    } else if (drawing.querySelector("svg")) {
      told(drawing, placed);
    }
    if (maps) {
      const one = slider(maps.maps);
      drawing.before(one.box);
      tools.append(button("Copy the maps shown, as CSV", (node) => copy(one.table(), node)));
    } else if (placed.length) {
      tools.append(button("Copy the data as CSV", (node) => copy(table(placed, drawing), node)));
    }
    if (maps || placed.some((one) => one.heat)) {
      tools.append(make("span", { textContent: "Values of a map are read from its colours: good to 0.4 % of its scale." }));
    }
    if (tools.childNodes.length) drawing.after(tools);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((chart) => chart.redraw()));
})();
