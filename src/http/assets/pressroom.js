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

// What the server sent for each part, so that parts that haven't changed keep their focus, hover and animation.
const sent = new WeakMap();

function remember(root) {
  for (const part of root.querySelectorAll("[data-key]")) sent.set(part, part.outerHTML);
}

function say(before, after) {
  if (before.dataset.state === after.dataset.state || !after.dataset.title) return;
  document.getElementById("announce").textContent = after.dataset.title;
}

// Puts a new part in the place of an old one and the focus back where it was.
function replace(before, after) {
  const within = before.contains(document.activeElement) ? document.activeElement : null;
  const address = within && (within.getAttribute("href") || within.getAttribute("name"));
  before.replaceWith(after);
  if (!within) return;
  const again = [...after.querySelectorAll("a, button, input")]
    .find((one) => (one.getAttribute("href") || one.getAttribute("name")) === address);
  (again || document.getElementById("main")).focus();
}

function update(live, fresh) {
  const before = [...live.querySelectorAll("[data-key]")];
  const after = [...fresh.querySelectorAll("[data-key]")];
  const keys = (parts) => parts.map((part) => part.dataset.key).join(" ");
  const html = new Map(after.map((part) => [part, part.outerHTML]));
  const changed = (old, part) => sent.get(old) !== html.get(part);
  localTimes(fresh);
  if (keys(before) === keys(after)) {
    before.forEach((old, i) => {
      if (!changed(old, after[i])) return;
      say(old, after[i]);
      replace(old, after[i]);
    });
  } else {
    // Rows came or went: those that stayed as they were stay themselves.
    const known = new Map(before.map((old) => [old.dataset.key, old]));
    for (const part of after) {
      const old = known.get(part.dataset.key);
      if (!old) continue;
      if (changed(old, part)) say(old, part);
      else { part.replaceWith(old); html.delete(part); }
    }
    live.replaceChildren(...fresh.childNodes);
  }
  for (const [part, text] of html) if (part.isConnected) sent.set(part, text);
  live.dataset.live = fresh.dataset.live;
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

const live = document.querySelector("[data-live]");
if (live) remember(live);
localTimes(document);
if (live) follow(live);

// A form is sent once, however often its button is pressed; coming back makes it usable again.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
