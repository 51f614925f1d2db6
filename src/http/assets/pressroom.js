// Keeps the page up to date while something is in flight, and shows times in the reader's own zone.
// Everything works without it: the page then reloads itself.
"use strict";

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

// Makes `old` look like `fresh`, touching only what differs: what stays keeps its focus, selection and animation.
function become(old, fresh) {
  if (old.isEqualNode(fresh)) return old;
  const alike = old.nodeType === Node.ELEMENT_NODE && old.nodeName === fresh.nodeName && key(old) === key(fresh);
  if (!alike) {
    old.replaceWith(fresh);
    return fresh;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  if (before.length === after.length && before.every((child, i) => key(child) === key(after[i]))) {
    before.forEach((child, i) => become(child, after[i]));
  } else {
    // Rows came or went: those that are still there stay themselves.
    const known = new Map(before.filter(key).map((child) => [key(child), child]));
    old.replaceChildren(...after.map((child) => (known.has(key(child)) ? become(known.get(key(child)), child) : child)));
  }
  return old;
}

function key(node) {
  return node.dataset?.key;
}

function states(root) {
  return new Map([...root.querySelectorAll("[data-state]")].map((part) => [key(part), part.dataset]));
}

function update(live, fresh) {
  localTimes(fresh);
  const before = new Map([...states(live)].map(([name, { state }]) => [name, state]));
  const focused = live.contains(document.activeElement) ? document.activeElement : null;
  become(live, fresh);
  if (focused) (focused.isConnected ? focused : document.getElementById("main")).focus();
  for (const [name, { state, title }] of states(live)) {
    if (before.has(name) && before.get(name) !== state) document.getElementById("announce").textContent = title;
  }
}

async function refresh(live) {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (response.redirected) return location.reload();
  if (!response.ok) throw new Error(response.status);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!fresh) throw new Error("no live part");
  document.title = page.title;
  update(live, fresh);
}

// Reads the page again at the pace that it asks for, more slowly while the server doesn't answer, not at all while
// nobody looks.
function follow(live) {
  let failures = 0;
  const again = () => {
    const pace = Number(live.dataset.live);
    if (pace) setTimeout(tick, Math.min(pace * 2 ** failures, 30000));
  };
  const tick = async () => {
    if (document.hidden) return document.addEventListener("visibilitychange", tick, { once: true });
    try {
      await refresh(live);
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 10);
    }
    again();
  };
  again();
}

localTimes(document);
const live = document.querySelector("[data-live]");
if (live) follow(live);

// A form is sent once, however often its button is pressed; coming back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
