// What the page does when scripts may run: copying, hovering, zooming in time, and hiding clients, faults and partitions.
// Without it everything is there to be read all the same.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  all(".scripted").forEach((element) => { element.hidden = false; });

  // Copy the text beside a button.
  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const pre = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(pre);
      button.textContent = "selected";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  }));

  // Open whatever hides the place that a link leads to.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let outer = target.parentElement; outer; outer = outer.parentElement) if (outer.tagName === "DETAILS") outer.open = true;
    target.scrollIntoView({ block: target.matches(".mark") ? "center" : "start" });
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Hide the marks of a client or of a kind of fault.
  const hidden = document.head.appendChild(document.createElement("style"));
  const off = new Set();
  const toggle = (element, rule) => {
    const on = !off.delete(rule) && off.add(rule);
    element.setAttribute("aria-pressed", String(!on));
    hidden.textContent = [...off].map((one) => `.box ${one}{display:none}`).join("");
  };
  all("button[data-p]").forEach((button) => button.addEventListener("click", () => toggle(button, `[data-p="${button.dataset.p}"]`)));
  all(".tools .key[data-f]").forEach((key) => {
    key.tabIndex = 0;
    key.setAttribute("role", "button");
    key.setAttribute("aria-pressed", "true");
    key.title = "show or hide";
    const act = () => toggle(key, `[data-f="${key.dataset.f}"]`);
    key.addEventListener("click", act);
    key.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(); } });
  });

  // Show one partition only.
  const chosen = document.querySelector("[data-partition]");
  if (chosen) chosen.addEventListener("change", () => {
    all(".logs figure").forEach((figure) => { figure.hidden = chosen.value !== "" && figure.id !== chosen.value; });
    all(".logs details").forEach((details) => { details.open = chosen.value !== "" && !!details.querySelector(`#${chosen.value}`); });
    const figure = chosen.value && document.getElementById(chosen.value);
    if (figure) figure.scrollIntoView({ block: "start" });
  });

  // Stretch the time of all pictures of the whole run.
  const timed = all(".timed");
  let from = 0, wide = 1;
  const nice = (rough) => { const power = 10 ** Math.floor(Math.log10(rough)); return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999); };
  const stretch = (start, width) => {
    wide = Math.min(1, Math.max(0.0005, width));
    from = Math.min(1 - wide, Math.max(0, start));
    timed.forEach((plot) => {
      plot.style.setProperty("--from", from);
      plot.style.setProperty("--wide", wide);
      const svg = plot.querySelector("svg");
      svg.setAttribute("viewBox", `${from * 10000} 0 ${wide * 10000} 1000`);
      all(".box > .mark, .box > .flag", plot).forEach((mark) => {
        const x = parseFloat(mark.style.getPropertyValue("--x"));
        mark.style.visibility = x < from - 1e-9 || x > from + wide + 1e-9 ? "hidden" : "";
      });
      const began = +plot.dataset.began, length = +plot.dataset.ended - began;
      const [low, high] = [began + from * length, began + (from + wide) * length];
      const step = nice((high - low) / 8), most = Math.max(Math.abs(low), Math.abs(high));
      const [size, unit] = most >= 2 ? [1, "s"] : most >= 0.002 ? [1e3, "ms"] : [1e6, "µs"];
      const times = plot.querySelector(".times");
      times.textContent = "";
      for (let at = Math.ceil(low / step - 1e-9), odd = 0; at * step <= high + step * 1e-9; at += 1, odd ^= 1) {
        const tick = times.appendChild(document.createElement("span"));
        tick.textContent = `${+(at * step * size).toPrecision(12)} ${unit}`;
        tick.style.setProperty("--x", (at * step - low) / (high - low));
        tick.className = `${odd ? "odd" : "even"}${(at * step - low) / (high - low) > 0.93 ? " last" : ""}`;
      }
    });
  };
  const acts = {
    in: () => stretch(from + wide / 4, wide / 2), out: () => stretch(from - wide / 2, wide * 2), all: () => stretch(0, 1),
    left: () => stretch(from - wide / 2, wide), right: () => stretch(from + wide / 2, wide),
  };
  all("[data-zoom]").forEach((button) => button.addEventListener("click", () => acts[button.dataset.zoom]()));
  timed.forEach((plot) => {
    const box = plot.querySelector(".box");
    const part = (event) => { const place = box.getBoundingClientRect(); return Math.min(1, Math.max(0, (event.clientX - place.left) / place.width)); };
    box.title = box.title || "";
    box.addEventListener("dblclick", acts.all);
    box.addEventListener("pointerdown", (down) => {
      if (down.pointerType !== "mouse" || down.button || down.target.closest("a")) return;
      down.preventDefault();
      const start = part(down), band = box.appendChild(document.createElement("div"));
      band.className = "selection";
      const move = (event) => {
        const end = part(event);
        band.style.left = `${Math.min(start, end) * 100}%`;
        band.style.width = `${Math.abs(end - start) * 100}%`;
      };
      const up = (event) => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", up);
        band.remove();
        const end = part(event);
        if (Math.abs(end - start) > 0.01) stretch(from + Math.min(start, end) * wide, Math.abs(end - start) * wide);
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", up);
    });
  });

  // Tell what is under the pointer in pictures of logs.
  all("[data-points]").forEach((plot) => {
    const box = plot.querySelector(".box"), svg = plot.querySelector("svg");
    const data = JSON.parse(plot.dataset.points);
    const began = +plot.dataset.began, length = +plot.dataset.ended - began;
    const seconds = (x) => `${(began + (x / 10000) * length).toFixed(length < 1 ? 6 : 3)} s`;
    const tip = document.createElement("div");
    tip.className = "tip";
    const fates = { o: "acknowledged", x: "failed", "?": "fate unknown" };
    const near = (event) => {
      const place = box.getBoundingClientRect(), view = svg.viewBox.baseVal;
      const px = (event.clientX - place.left) / place.width * view.width + view.x, kx = place.width / view.width;
      const offset = data.high - (event.clientY - place.top) / place.height * (data.high - data.low), ky = place.height / (data.high - data.low);
      let best = 14, found = "";
      const consider = (dx, dy, text) => { const d = Math.hypot(dx * kx, dy * ky); if (d < best) { best = d; found = text(); } };
      const gap = (low, high, at) => (at < low ? low - at : at > high ? at - high : 0);
      for (const [x0, x1, at, who, fate] of data.sends) {
        consider(gap(x0, x1, px), at - offset, () => `${data.names[who]} sent “${data.values[at] ?? ""}”, ${fates[fate]} at offset ${at}\n${seconds(x0)} to ${x1 > 10000 ? "never answered" : seconds(x1)}`);
      }
      for (const [x, first, last, who] of data.reads) {
        const at = Math.min(last, Math.max(first, Math.round(offset)));
        consider(x - px, at - offset, () => `${data.names[who]} read “${data.values[at] ?? ""}” at offset ${at}\n${seconds(x)}${first < last ? `, one of ${first} to ${last}` : ""}`);
      }
      return found;
    };
    box.addEventListener("pointermove", (event) => {
      const text = event.buttons ? "" : near(event);
      if (!text) { tip.remove(); return; }
      tip.textContent = text;
      const place = box.getBoundingClientRect(), x = event.clientX - place.left, y = event.clientY - place.top;
      tip.style.top = `${y + 14}px`;
      if (x > place.width / 2) { tip.style.left = "auto"; tip.style.right = `${place.width - x + 8}px`; } else { tip.style.right = "auto"; tip.style.left = `${x + 8}px`; }
      box.append(tip);
    });
    box.addEventListener("pointerleave", () => tip.remove());
  });
})();
