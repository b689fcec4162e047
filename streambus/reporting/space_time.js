// The space-time diagram: lays out what is in the page's data, and lets one walk through it.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("drawing").textContent);
  const space = document.getElementById("space"), about = document.getElementById("about"), only = document.getElementById("only-cone");
  const { events, messages, moves, lanes, end } = data;
  const AXIS = 66, LANE_LEAST = matchMedia("(max-width: 600px)").matches ? 74 : 88, ROW = 19, HEAD_ROOM = 26, FOLD = 5000, DAY_ROOM = 46;
  const everyLane = lanes.map((lane, index) => ({ ...lane, index })).filter((lane) => lane.kind !== "faults");
  let columns = everyLane, column = new Map();
  const effects = events.map(() => []);
  events.forEach((event, number) => (event.why || []).forEach(([cause]) => effects[cause].push(number)));
  const movesOf = new Map();
  moves.forEach(([number, text]) => movesOf.set(number, [...(movesOf.get(number) || []), text]));
  let zoom = 1, chosen = -1, places = [], shown = [];

  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    if (text) element.textContent = text;
    return element;
  };
  const html = (tag, look = "", text = "") => {
    const element = document.createElement(tag);
    if (look) element.className = look;
    element.textContent = text;
    return element;
  };
  const span = (time) => (time >= 1e6 ? `${+(time / 1e6).toPrecision(3)} s` : time >= 1000 ? `${+(time / 1000).toPrecision(3)} ms` : `${time} µs`);
  const clock = (time) => `${(time / 1000).toLocaleString("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 })}`;
  const short = (text, most) => (text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text);

  // A watermark in as many letters as there are: without its log, and then in short words.
  const fitting = (text, most) => {
    const bare = text.replace(/^.*?: /, "");
    const brief = bare.replace("log end", "end").replace("recovery point", "durable").replace("high watermark", "visible");
    return [text, bare, brief].find((words) => words.length <= most) || short(brief, most);
  };

  // Where everything is. Time is stretched where much happens and folded where nothing does.
  const layOut = () => {
    shown = events.map((_, number) => number).filter((number) => !only.checked || events[number].cone);
    const used = new Set(shown.map((number) => events[number].lane));
    columns = everyLane.filter((lane) => used.has(lane.index));
    column = new Map(columns.map((lane, place) => [lane.index, place]));
    const stops = new Map();
    const stop = (time) => stops.get(time) || stops.set(time, { rows: new Map(), height: 0, is_end: true }).get(time);
    shown.forEach((number) => {
      const event = events[number], here = stop(event.at);
      if (event.kind === "disk" || event.kind === "fault") { stop(Math.min(event.end ?? event.at, end)); if (event.kind === "disk") return; }
      here.is_end = false;
      const row = event.kind === "fault" ? -1 : event.lane;
      here.rows.set(row, [...(here.rows.get(row) || []), number]);
    });
    const height = new Map();
    let y = HEAD_ROOM, last = null;
    places = [];
    [...stops.keys()].sort((a, b) => a - b).forEach((time) => {
      const here = stops.get(time), gap = last === null ? 0 : time - last;
      if (last !== null) {
        here.fold = gap >= FOLD ? y : 0;
        const room = here.is_end ? Math.min(10 + 3 * Math.log2(1 + gap / 200), 34) : Math.min(20 + 5 * Math.log2(1 + gap / 60), DAY_ROOM);
        y += (here.fold ? DAY_ROOM : room) * zoom;
      }
      here.gap = gap;
      height.set(time, y);
      let lowest = y;
      here.rows.forEach((numbers) => {
        let at = y;
        numbers.forEach((number) => {
          places[number] = { x: 0, y: at };
          lowest = Math.max(lowest, at);
          at += (ROW + 12 * Math.max(0, Math.min((movesOf.get(number) || []).length, 3) - 1)) * Math.max(zoom, 0.8);
          lowest = Math.max(lowest, at - ROW);
        });
      });
      here.y = y;
      y = lowest;
      last = time;
    });
    return { stops, height, bottom: y + 54 };
  };

  const draw = () => {
    const { stops, height, bottom } = layOut();
    const width = Math.max(space.clientWidth || 600, 200), lane = Math.max((width - AXIS) / columns.length, LANE_LEAST);
    const x = (index) => AXIS + lane * ((column.get(index) ?? 0) + 0.5);
    const whole = AXIS + lane * columns.length;
    const heads = html("div", "heads");
    heads.style.width = `${whole}px`;
    const corner = html("span", "faults", "ms");
    corner.style.width = `${AXIS}px`;
    heads.append(corner);
    columns.forEach((one) => {
      const head = html("span", one.kind, one.kind === "disk" ? "its disk" : one.name);
      head.title = one.name;
      head.style.width = `${lane}px`;
      heads.append(head);
    });
    const svg = make("svg", { width: whole, height: bottom, viewBox: `0 0 ${whole} ${bottom}`, "aria-hidden": "true" });
    const layers = ["bands", "lines", "works", "arrows", "dots", "names", "marks"].map((name) => svg.appendChild(make("g", { class: name })));
    const [bands, lines, works, arrows, dots, names, marks] = layers;
    const taken = [];
    const isFree = (left, top, right, low) => taken.every((box) => right < box[0] || left > box[2] || low < box[1] || top > box[3]);
    const take = (left, top, right, low) => taken.push([left, top, right, low]);
    const faint = (number) => (events[number].cone ? "" : " outside");
    const yAt = (time) => height.get(time) ?? bottom - 40;
    const times = [...height.keys()].sort((a, b) => a - b);
    const yNear = (time) => yAt(times.find((one) => one >= time) ?? -1);
    const group = (number, parent) => {
      const element = parent.appendChild(make("g", { class: `event${faint(number)}${(events[number].weight || 0) >= 9 ? " decisive" : ""}`, "data-n": number }));
      element.appendChild(make("title", {}, events[number].title));
      return element;
    };

    // Time, and where it is folded.
    stops.forEach((here, time) => {
      if (here.fold) {
        const middle = (here.fold + here.y) / 2;
        lines.append(make("line", { class: "fold", x1: 4, x2: whole - 4, y1: middle, y2: middle }));
        names.append(make("text", { class: "pause", x: 6, y: middle - 4 }, `${span(here.gap)} later`));
      }
      if (!here.is_end && isFree(0, here.y - 6, AXIS - 14, here.y + 6)) {
        names.append(make("text", { class: "clock", x: 6, y: here.y + 4 }, clock(time)));
        take(0, here.y - 6, AXIS - 14, here.y + 6);
      }
    });

    // Lives.
    columns.forEach((one) => {
      if (one.kind === "disk") { lines.append(make("line", { class: "lifeline", x1: x(one.index), x2: x(one.index), y1: HEAD_ROOM - 12, y2: bottom - 18, opacity: 0.3 })); return; }
      let from = HEAD_ROOM - 12, alive = true;
      events.forEach((event) => {
        if (event.lane !== one.index || (event.kind !== "crash" && event.kind !== "birth")) return;
        const y = yNear(event.at);
        if (event.kind === "crash" || !alive) lines.append(make("line", { class: event.kind === "crash" ? "lifeline" : "dead", x1: x(one.index), x2: x(one.index), y1: from, y2: y }));
        if (event.kind === "crash" || !alive) { from = y; alive = event.kind === "birth"; }
      });
      lines.append(make("line", { class: alive ? "lifeline" : "dead", x1: x(one.index), x2: x(one.index), y1: from, y2: bottom - 18 }));
    });

    // Disk operations: bars, side by side where they overlap.
    const busy = new Map();
    shown.filter((number) => events[number].kind === "disk").forEach((number) => {
      const event = events[number], is_open = event.state === "under way" && (event.end ?? end) >= end;
      const asker = (event.why || []).map(([cause]) => cause).find((cause) => places[cause] && events[cause].at === event.at && events[cause].kind === "step");
      const top = asker === undefined ? yAt(event.at) : places[asker].y;
      const low = is_open ? Math.max(bottom - 24, top + 12) : Math.max(yAt(Math.min(event.end ?? end, end)), top + 5);
      const slots = busy.get(event.lane) || busy.set(event.lane, []).get(event.lane);
      let slot = slots.findIndex((until) => until < top + 0.5);
      if (slot < 0) slot = slots.length;
      slots[slot] = low;
      const left = x(event.lane) - 4.5 + Math.min(slot, 3) * 12;
      places[number] = { x: left + 4.5, y: top + 2 };
      const bar = group(number, works), sync = event.title.startsWith("sync") ? " sync" : "";
      const is_never = /^(never|failed|done in part)/.test(event.state || "");
      bar.append(make("rect", { class: `work${sync}${is_never ? " never" : is_open ? " open" : ""}`, x: left, y: top + 0.75, width: 9, height: Math.max(3, low - top - 1.5), rx: 2.5 }));
      const room = Math.floor((lane / 2 - 12) / 5.7), y = top + 9;
      const name = event.title.replace(/^(write|read) ([\d,]+) bytes at .*/, "$1 $2 B").replace(/^sync segment.*/, "sync");
      const said = is_open && event.end > end ? [`${name}, due`, `${span(event.end - end)} later`] : [name];
      if (!events[number].cone || room < 5) return;
      said.forEach((words, line) => {
        if (!isFree(left + 12, y + line * 12 - 8, x(event.lane) + lane / 2, y + line * 12 + 3)) return;
        bar.append(make("text", { class: "mark", x: left + 13, y: y + line * 12 }, short(words, room)));
        take(left + 12, y + line * 12 - 8, x(event.lane) + lane / 2, y + line * 12 + 3);
      });
    });
    shown.forEach((number) => { if (places[number] && events[number].kind !== "disk") places[number].x = x(events[number].lane); });

    // Faults.
    shown.filter((number) => events[number].kind === "fault").forEach((number) => {
      const event = events[number], top = yAt(event.at), low = Math.max(yAt(Math.min(event.end ?? event.at, end)), top + 3);
      places[number] = { x: AXIS + 6, y: top };
      const band = group(number, bands);
      band.append(make("rect", { class: "fault", x: 0, y: top, width: whole, height: low - top }));
      band.append(make("line", { class: "fault-edge", x1: 0, x2: whole, y1: top, y2: top }));
      const name = `⚡ ${event.title}`;
      names.append(make("text", { class: `fault-name${faint(number)}`, x: AXIS, y: top - 5 }, name));
      take(AXIS, top - 16, AXIS + name.length * 6.2, top - 2);
    });

    // Dots, story numbers, watermarks.
    shown.forEach((number) => {
      const event = events[number], place = places[number];
      if (!place || event.kind === "disk" || event.kind === "fault") return;
      const dot = group(number, dots);
      if (event.kind === "crash") dot.append(make("path", { class: "crash", d: `M${place.x - 7} ${place.y - 7}l14 14m0 -14l-14 14` }));
      else if (event.kind === "birth") dot.append(make("circle", { class: "birth", cx: place.x, cy: place.y, r: 5 }));
      else if (event.kind === "violation") {
        dot.append(make("circle", { class: "violation", cx: place.x, cy: place.y, r: 10 }), make("path", { class: "crash", d: `M${place.x - 4} ${place.y - 4}l8 8m0 -8l-8 8` }));
        const left = place.x > whole / 2, text = "what must not be";
        dot.append(make("text", { class: "violation-name", x: place.x + (left ? -16 : 16), y: place.y + 18, "text-anchor": left ? "end" : "start" }, text));
      } else {
        const kind = lanes[event.lane].kind, big = (event.weight || 0) >= 4;
        dot.append(make("circle", { class: `dot ${kind}${big ? "" : " small"}`, cx: place.x, cy: place.y, r: big ? 5.5 : 3.6 }));
        dot.append(make("circle", { cx: place.x, cy: place.y, r: 11, fill: "transparent" }));
      }
      take(place.x - 7, place.y - 7, place.x + 7, place.y + 7);
      if (event.told) {
        const badge = group(number, marks), left = place.x - 21;
        badge.append(make("circle", { class: "badge-circle", cx: left, cy: place.y, r: 8.5 }), make("text", { class: "badge-number", x: left, y: place.y + 3.6 }, event.told));
        take(left - 9, place.y - 9, left + 9, place.y + 9);
      }
      (movesOf.get(number) || []).slice(0, 3).forEach((text, line) => {
        const words = fitting(text.replace("the metadata log", "metadata"), Math.floor((lane - 22) / 5)), y = place.y + 4 + line * 12, left = place.x + 12;
        if (!isFree(left, y - 8, left + words.length * 5, y + 2)) return;
        names.append(make("text", { class: `mark${faint(number)}`, x: left, y }, words));
        take(left, y - 8, left + words.length * 5, y + 2);
      });
    });

    // Messages.
    messages.forEach((message) => {
      const from = places[message.from];
      if (!from) return;
      if (only.checked && !message.cone) return;
      const to = message.to && places[message.to[0]] ? places[message.to[0]] : { x: (from.x + x(message.lane)) / 2, y: from.y + 14 };
      const is_lost = message.lost, dx = to.x - from.x, dy = to.y - from.y, length = Math.hypot(dx, dy) || 1;
      const ux = dx / length, uy = dy / length, tip = { x: to.x - ux * 7, y: to.y - uy * 7 };
      const arrow = arrows.appendChild(make("g", { class: `event${message.cone ? "" : " outside"}`, "data-n": message.from }));
      arrow.append(make("title", {}, message.about), make("line", { class: `arrow${is_lost ? " lost" : message.to ? "" : " flying"}`, x1: from.x + ux * 6, y1: from.y + uy * 6, x2: tip.x, y2: tip.y }));
      if (is_lost) arrow.append(make("path", { class: "crash", d: `M${to.x - 4} ${to.y - 4}l8 8m0 -8l-8 8` }));
      else arrow.append(make("path", { class: "head", d: `M${tip.x + ux * 2} ${tip.y + uy * 2}L${tip.x - ux * 8 - uy * 4} ${tip.y - uy * 8 + ux * 4}L${tip.x - ux * 8 + uy * 4} ${tip.y - uy * 8 - ux * 4}z` }));
      const words = short(message.text, Math.max(8, Math.floor((Math.abs(dx) - 44) / 5.6))), half = words.length * 2.9;
      const spot = [0.5, 0.38, 0.62, 0.28, 0.72].map((part) => ({ x: from.x + dx * part, y: from.y + dy * part - 4 })).find((at) => isFree(at.x - half, at.y - 8, at.x + half, at.y + 3));
      if (spot && message.cone) {
        arrow.append(make("text", { class: "name", x: spot.x, y: spot.y, "text-anchor": "middle" }, words));
        take(spot.x - half, spot.y - 8, spot.x + half, spot.y + 3);
      }
    });
    marks.append(make("g", { id: "choice" }));
    space.replaceChildren(heads, svg);
    mark();
  };

  // Choosing.
  const mark = () => {
    const choice = document.getElementById("choice"), place = places[chosen];
    document.querySelectorAll(".sentences li").forEach((item) => {
      const is_it = item.dataset.happenings.split(" ").some((number) => indexOf(number) === chosen);
      item.classList.toggle("chosen", chosen >= 0 && is_it);
    });
    if (!choice || !place) return;
    choice.append(make("circle", { class: "halo", cx: place.x, cy: place.y, r: 13 }));
    (events[chosen].why || []).forEach(([cause]) => {
      const from = places[cause];
      if (!from) return;
      const bend = Math.abs(from.x - place.x) < 4 ? 30 + Math.min(50, Math.abs(from.y - place.y) / 6) : 0;
      const is_far = Math.abs(from.y - place.y) > 260;
      choice.append(make("circle", { class: "ring", cx: from.x, cy: from.y, r: 9 }));
      choice.append(make("path", { class: `cause${is_far ? " far" : ""}`, d: `M${from.x} ${from.y}Q${(from.x + place.x) / 2 - bend} ${(from.y + place.y) / 2} ${place.x} ${place.y}` }));
    });
  };
  const numbers = new Map();
  const indexOf = (number) => numbers.get(+number) ?? -1;
  data.numbers.forEach((number, index) => numbers.set(number, index));
  const link = (number, text) => {
    const item = html("li"), button = html("button", "", text);
    button.type = "button";
    button.addEventListener("click", () => choose(number, true));
    item.append(button);
    return item;
  };
  const choose = (number, scrolls = false, list = true) => {
    if (number < 0 || number >= events.length) return;
    chosen = number;
    if (only.checked && !events[number].cone) only.checked = false;
    draw();
    const event = events[number], title = html("h3", "", `${lanes[event.lane].name}: ${event.title}`);
    const when = html("p", "lead", `${clock(event.at)} ms${event.end > event.at ? `, for ${span(event.end - event.at)}` : ""}${event.step ? ` · step ${event.step}` : ""}${event.state ? ` · ${event.state}` : ""}`);
    about.replaceChildren(title, when);
    (event.said || []).forEach((text) => about.append(html("p", "", `It ${text}.`)));
    const more = html("ul");
    (event.more || []).forEach((text) => more.append(html("li", "", text)));
    (event.why || []).slice(0, 6).forEach(([cause, why]) => more.append(link(cause, `← ${why}: ${lanes[events[cause].lane].name}, ${events[cause].title}`)));
    effects[number].slice(0, 6).forEach((effect) => more.append(link(effect, `→ ${lanes[events[effect].lane].name}, ${events[effect].title}`)));
    about.append(more);
    about.scrollTop = 0;
    const place = places[number];
    if (scrolls && place) space.scrollTo({ top: Math.max(0, place.y - space.clientHeight / 2), left: Math.max(0, place.x - space.clientWidth / 2) });
    const item = document.querySelector(".sentences li.chosen");
    if (list && item && matchMedia("(min-width: 1000px)").matches) item.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };
  space.addEventListener("click", (click) => {
    const target = click.target.closest("[data-n]");
    if (target) choose(+target.dataset.n);
  });
  space.addEventListener("keydown", (press) => {
    const place = shown.indexOf(chosen), event = events[chosen];
    const next = {
      ArrowDown: () => shown[Math.min(place + 1, shown.length - 1)],
      ArrowUp: () => shown[Math.max(place - 1, 0)],
      ArrowLeft: () => ((event?.why || []).map(([cause]) => cause).filter((cause) => places[cause]).pop() ?? chosen),
      ArrowRight: () => (effects[chosen] || []).find((effect) => places[effect]) ?? chosen,
      Home: () => shown[0],
      End: () => shown[shown.length - 1],
    }[press.key];
    if (!next) return;
    press.preventDefault();
    choose(next(), true);
  });
  document.querySelectorAll(".sentences li").forEach((item) => {
    item.tabIndex = 0;
    const go = () => {
      const number = indexOf(item.dataset.happenings.split(" ").pop());
      choose(number, true, false);
      if (matchMedia("(max-width: 999px)").matches) space.parentElement.scrollIntoView({ block: "start", behavior: "smooth" });
    };
    item.addEventListener("click", go);
    item.addEventListener("keydown", (press) => { if (press.key === "Enter" || press.key === " ") { press.preventDefault(); go(); } });
  });
  only.addEventListener("change", draw);
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    zoom = button.dataset.zoom === "1" ? 1 : Math.min(4, Math.max(0.4, zoom * +button.dataset.zoom));
    draw();
  }));
  let width = 0;
  new ResizeObserver(() => { if (space.clientWidth !== width) { width = space.clientWidth; draw(); } }).observe(space);
  draw();
  const violation = events.findIndex((event) => event.kind === "violation");
  if (violation >= 0) { choose(violation, false, false); space.scrollTo({ top: space.scrollHeight, behavior: "instant" }); }
})();
