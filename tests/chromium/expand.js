// Fills a template within the browser: an independent, naive reading of docs/TEMPLATES.md's data part, enough for the
// suite's templates. Expressions are rewritten into JavaScript; numbers are floating-point.

function expandTemplate(data) {
  const root = {
    report: { title: data.title ?? "A report", description: data.description ?? "" },
    tenant: data.tenant ?? "north",
    generated_at: "2026-11-24 09:30:00",
    parameters: data.parameters ?? {},
    rows: Object.fromEntries(Object.entries(data.datasets ?? {}).map(([name, rows]) => [name, rows.length])),
  };
  for (const [name, rows] of Object.entries(data.datasets ?? {})) {
    root[name] = (data.single ?? []).includes(name) ? rows[0] : rows;
  }
  for (const style of document.querySelectorAll("style")) style.textContent = fill(style.textContent, root);
  expandElement(document.documentElement, root);
}

function expandChildren(element, scope) {
  let decided = null;
  for (const child of [...element.childNodes]) {
    if (child.nodeType === Node.TEXT_NODE) child.data = fill(child.data, scope);
    if (child.nodeType !== Node.ELEMENT_NODE || ["STYLE", "SCRIPT"].includes(child.tagName)) continue;
    if (child.hasAttribute("data-if") && !child.hasAttribute("data-for")) {
      decided = Boolean(evaluate(take(child, "data-if"), scope));
      if (!decided) { child.remove(); continue; }
    } else if (child.hasAttribute("data-else")) {
      child.removeAttribute("data-else");
      if (decided) { child.remove(); continue; }
    }
    if (child.hasAttribute("data-for")) repeat(child, scope);
    else expandElement(child, scope);
  }
}

function expandElement(element, scope) {
  if (element.hasAttribute("data-with")) {
    const [name, expression] = take(element, "data-with").split(/\s*=\s*(.*)/s);
    scope = { ...scope, [name.trim()]: evaluate(expression, scope) };
  }
  if (element.hasAttribute("data-rows")) stream(element, scope);
  else expandChildren(element, scope);
  for (const attribute of [...element.attributes]) attribute.value = fill(attribute.value, scope);
}

function repeat(element, scope) {
  const [name, list] = take(element, "data-for").split(/\s+in\s+/);
  const condition = element.hasAttribute("data-if") ? take(element, "data-if") : "true";
  const values = evaluate(list, scope);
  values.forEach((value, index) => {
    const inner = { ...scope, [name]: value, loop: loop(index, values.length) };
    if (!evaluate(condition, inner)) return;
    const copy = element.cloneNode(true);
    element.before(copy);
    expandElement(copy, inner);
  });
  element.remove();
}

function loop(index, length) {
  return { index: index + 1, index0: index, first: index === 0, last: index === length - 1, length };
}

// --- streamed tables ---------------------------------------------------------------------------------------------------

function stream(table, scope) {
  const written = take(table, "data-rows");
  const [name, dataset] = written.includes(" in ") ? written.split(/\s+in\s+/) : ["row", written];
  const records = scope[dataset];
  const within = (upto, from, index) => ({
    ...scope,
    ...aggregates(name, scope, records.slice(from, upto + 1)),
    [name]: records[index],
    loop: loop(index, records.length),
  });
  for (const part of [...table.tHead?.rows ?? []]) expandElement(part, scope);
  for (const caption of table.querySelectorAll("caption")) expandElement(caption, scope);
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const headers = rows.filter((row) => row.dataset.group !== undefined);
  const footers = rows.filter((row) => row.dataset.groupFooter !== undefined);
  const empty = rows.filter((row) => row.dataset.empty !== undefined);
  const plain = rows.filter((row) => ![...headers, ...footers, ...empty].includes(row));
  const keys = headers.length ? headers.map((row) => row.dataset.group) : footers.map((row) => row.dataset.groupFooter).reverse();
  const key = (expression, index) => JSON.stringify(evaluate(expression, { ...scope, [name]: records[index] }));
  const add = (row, inner) => {
    const copy = row.cloneNode(true);
    // As the documentation says: a header stays with its first record, a footer with its last.
    if (headers.includes(row)) copy.style.breakAfter = "avoid";
    if (footers.includes(row)) copy.style.breakBefore = "avoid";
    for (const attribute of ["data-group", "data-group-footer", "data-empty"]) copy.removeAttribute(attribute);
    body.append(copy);
    expandChildren({ childNodes: [copy] }, inner);
  };
  rows.forEach((row) => row.remove());
  const began = keys.map(() => 0);
  records.forEach((_, index) => {
    const changed = index === 0 ? 0 : keys.findIndex((expression) => key(expression, index) !== key(expression, index - 1));
    for (let level = changed < 0 ? keys.length : changed; level < keys.length; level += 1) {
      began[level] = index;
      const header = headers.find((row) => row.dataset.group === keys[level]);
      if (header) add(header, within(index, index, index));
    }
    plain.forEach((row) => add(row, within(index, 0, index)));
    const last = index === records.length - 1;
    const ending = last ? 0 : keys.findIndex((expression) => key(expression, index) !== key(expression, index + 1));
    for (const footer of footers) {
      const level = keys.indexOf(footer.dataset.groupFooter);
      if (ending >= 0 && level >= ending) add(footer, within(index, began[level], index));
    }
  });
  if (records.length === 0) empty.forEach((row) => add(row, scope));
  const all = { ...scope, ...aggregates(name, scope, records) };
  for (const part of [...table.tFoot?.rows ?? []]) expandElement(part, all);
}

function aggregates(name, scope, records) {
  const values = (pick) => records.map((record) => pick({ ...scope, [name]: record })).filter((value) => value != null);
  const numbers = (pick) => values(pick).map(Number);
  const sum = (pick) => numbers(pick).reduce((a, b) => a + b, 0);
  return {
    count: (pick) => (pick ? values(pick).length : records.length),
    sum,
    avg: (pick) => sum(pick) / values(pick).length,
    min: (pick) => values(pick).reduce((a, b) => (comparable(a) < comparable(b) ? a : b)),
    max: (pick) => values(pick).reduce((a, b) => (comparable(a) > comparable(b) ? a : b)),
    first: (pick) => values(pick)[0],
    last: (pick) => values(pick).at(-1),
  };
}

// Decimals are written as text.
function comparable(value) {
  return Number.isNaN(Number(value)) ? value : Number(value);
}

// --- expressions -------------------------------------------------------------------------------------------------------

function take(element, attribute) {
  const value = element.getAttribute(attribute);
  element.removeAttribute(attribute);
  return value;
}

function fill(text, scope) {
  return text.replace(/\{\{(.*?)\}\}/gs, (_, expression) => evaluate(expression, scope) ?? "");
}

function evaluate(expression, scope) {
  const [first, ...filters] = split(expression, "|");
  let value = javascript(first)(scope);
  for (const written of filters) {
    const [, name, given] = written.trim().match(/^(\w+)(?:\((.*)\))?$/s);
    const values = given ? split(given, ",").map((argument) => javascript(argument)(scope)) : [];
    value = value == null && name !== "default" ? null : FILTERS[name](value, ...values);
  }
  return value;
}

// Splits at a character that stands neither within quotes nor within parentheses.
function split(text, at) {
  const parts = [""];
  let depth = 0, quote = null;
  for (const c of text) {
    if (quote) quote = c === quote ? null : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (c === "(") depth += 1;
    else if (c === ")") depth -= 1;
    if (c === at && !quote && depth === 0) parts.push("");
    else parts[parts.length - 1] += c;
  }
  return parts;
}

function javascript(expression) {
  const strings = [];
  let code = expression.replace(/"[^"]*"|'[^']*'/g, (string) => `\u0001${strings.push(string) - 1}\u0001`);
  code = code
    .replace(/\b(sum|count|avg|min|max|first|last)\(([^()]+)\)/g, (_, name, argument) => `${name}((s) => { with (s) { return (${argument}) } })`)
    .replace(/\band\b/g, "&&").replace(/\bor\b/g, "||").replace(/\bnot\b/g, "!").replace(/~/g, "+ '' +")
    .replace(/^(.*?)\bif\b(.*?)\belse\b(.*)$/s, "($2) ? ($1) : ($3)")
    .replace(/\u0001(\d+)\u0001/g, (_, index) => strings[index]);
  return new Function("scope", `with (scope) { return (${code}) }`);
}

const FILTERS = {
  date: (value, format = "medium") => formatDate(new Date(String(value).length > 10 ? `${value.replace(" ", "T")}Z` : value), format),
  number: (value, decimals) => grouped(value, decimals),
  money: (value, currency) => (value < 0 ? "-" : "") + ({ USD: "$", EUR: "€", GBP: "£" }[currency] ?? "") + grouped(Math.abs(value), 2),
  upper: (value) => String(value).toUpperCase(),
  title: (value) => String(value).replace(/\w+/g, (word) => word[0].toUpperCase() + word.slice(1).toLowerCase()),
  round: (value) => Math.round(value),
  int: (value) => Math.trunc(value),
  lower: (value) => String(value).toLowerCase(),
  trim: (value) => String(value).trim(),
  default: (value, otherwise) => (value == null || value === "" ? otherwise : value),
  pad: (value, width, fill = " ") => String(value).padStart(width, fill),
};

function grouped(value, decimals) {
  return Number(value).toLocaleString("en-US", decimals === undefined ? {} : { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function formatDate(date, format) {
  const show = (options) => date.toLocaleString(document.documentElement.lang || "en", { timeZone: "UTC", ...options });
  if (format === "iso") return date.toISOString().slice(0, 10);
  if (format === "datetime") return show({ dateStyle: "medium", timeStyle: "short" });
  if (!format.includes("%")) return show({ dateStyle: format });
  const parts = { B: show({ month: "long" }), Y: show({ year: "numeric" }), "-m": date.getUTCMonth() + 1 };
  return format.replace(/%(-?\w)/g, (_, letter) => parts[letter]);
}
