"""One table, several engines, one run: Pressroom beside Typst, Chromium, WeasyPrint and ReportLab.

    python3 -m venv target/peers && target/peers/bin/pip install -r benches/peers/requirements.txt
    taskset -c 0 target/peers/bin/python benches/peers/compare.py [--rows 10000] [--rounds 1] [--only NAME…]

Every engine gets the same rows, the same font files and the same page, and makes a PDF in memory or a file. What is
timed is from rows to bytes in a warm process: neither the start of an interpreter or a browser nor imports count. The
engines take turns, round by round, and the best round of each stands. Each round has rows of its own: who remembers
what it drew before (Typst does) shall not draw it from memory. Chromium needs what `./test` installs.
"""

import argparse
import json
import os
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FONTS = ROOT / "templates" / "fonts"
COLUMNS = ["given_on", "patient", "born_on", "vaccine", "lot", "dose", "clinic", "amount"]
TITLES = ["Given", "Patient", "Born", "Vaccine", "Lot", "Dose", "Clinic", "Amount"]


def rows(count, seed):
    chance = random.Random(seed)
    given = "Ada Bo Chidi Dana Eve Farid Grace Hana Ivan Jonas Kira Łukasz Mina Noa Olga Priya Quinn Rosa Sven Tara".split()
    family = "Okafor Petrova Moreau Haddad Kim Núñez Sørensen Novák Silva Yılmaz Weber Rossi Jansen Papadopoulou".split()
    vaccines = ["Influenza", "Hepatitis B", "Measles, mumps and rubella", "Polio", "COVID-19", "Tetanus and diphtheria"]
    clinics = ["Hillside Family Clinic", "Harbour Street Clinic", "North Clinic", "Old Town Practice", "University Hospital"]
    date = lambda first: f"{first + chance.randrange(10)}-{1 + chance.randrange(12):02}-{1 + chance.randrange(28):02}"
    return [
        {
            "given_on": date(2016), "patient": f"{chance.choice(given)} {chance.choice(family)}", "born_on": date(1990),
            "vaccine": chance.choice(vaccines), "lot": f"L{chance.randrange(100000):05}", "dose": f"{1 + chance.randrange(3)} of 3",
            "clinic": chance.choice(clinics), "amount": f"{chance.randrange(1000)}.{chance.randrange(100):02}",
        }
        for _ in range(count)
    ]


def html(rows):
    """The template as a browser's document: the row repeated, the values in place."""
    template = (HERE / "table.html").read_text().replace("fonts/", f"file://{FONTS}/").replace(' data-rows="row in rows"', "")
    before, row, after = re.split(r"(<tr><td>.*?</tr>)", template)
    return before + "".join(re.sub(r"\{\{ row\.(\w+) \}\}", lambda name: values[name[1]], row) for values in rows) + after


# --- engines: each makes a function from rows to (seconds, pages, bytes) ----------------------------------------------


def pressroom(work, conformance):
    built = subprocess.run(
        ["cargo", "bench", "--bench", "peers", "--no-run", "--message-format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    binary = next(message["executable"] for message in messages if message.get("target", {}).get("name") == "peers")

    def run(rows):
        (work / "rows.json").write_text(json.dumps(rows))
        said = subprocess.run([binary, work / "rows.json", conformance], check=True, stdout=subprocess.PIPE, cwd=ROOT)
        result = json.loads(said.stdout)
        return result["seconds"], result["pages"], result["bytes"]

    return run


def typst(work):
    import typst as engine

    cells = lambda row: ", ".join(json.dumps(row[column], ensure_ascii=False) for column in COLUMNS)

    def run(rows):
        began = time.perf_counter()
        header = ", ".join(f"[*{title}*]" for title in TITLES)
        source = (
            '#set page(paper: "a4", flipped: true, margin: (x: 12mm, top: 12mm, bottom: 16mm), numbering: "1")\n'
            '#set text(font: "Noto Sans", size: 7.5pt)\n'
            "#table(columns: (60pt, 1fr, 60pt, 1fr, 50pt, 50pt, 1fr, 60pt), stroke: (bottom: 0.5pt + gray),"
            f" inset: (x: 3pt, y: 3.4pt), table.header({header}),\n" + ",\n".join(map(cells, rows)) + ")\n"
        )
        document = work / "table.typ"
        document.write_text(source)
        pdf = engine.compile(str(document), font_paths=[str(FONTS)], ignore_system_fonts=True)
        return time.perf_counter() - began, pages_of(work, pdf), len(pdf)

    return run


def weasyprint(work):
    from weasyprint import HTML

    def run(rows):
        began = time.perf_counter()
        pdf = HTML(string=html(rows)).write_pdf()
        return time.perf_counter() - began, pages_of(work, pdf), len(pdf)

    return run


def reportlab(work):
    from io import BytesIO

    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import SimpleDocTemplate, Table

    pdfmetrics.registerFont(TTFont("Table", FONTS / "NotoSans-Regular.ttf"))
    style = [("FONT", (0, 0), (-1, -1), "Table", 7.5), ("LINEBELOW", (0, 0), (-1, -1), 0.5, "#cccccc"), ("ALIGN", (7, 0), (7, -1), "RIGHT")]
    style += [("TOPPADDING", (0, 0), (-1, -1), 1.9), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.9)]

    def run(rows):
        began = time.perf_counter()
        out = BytesIO()
        document = SimpleDocTemplate(out, pagesize=landscape(A4), leftMargin=12 * mm, rightMargin=12 * mm, topMargin=12 * mm, bottomMargin=16 * mm)
        cells = [TITLES] + [[row[column] for column in COLUMNS] for row in rows]
        document.build([Table(cells, colWidths=[60, 153, 60, 153, 50, 50, 153, 60], rowHeights=13.3, repeatRows=1, style=style)])
        pdf = out.getvalue()
        return time.perf_counter() - began, pages_of(work, pdf), len(pdf)

    return run


def chromium(work):
    modules = os.environ.get("PRESSROOM_TEST_NODE_MODULES", ROOT / "target/test-tools/node_modules")
    browser = subprocess.Popen(
        ["node", HERE / "chromium.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PRESSROOM_TEST_NODE_MODULES": str(modules)},
    )

    def run(rows):
        document, pdf = work / "table.html", work / "chromium.pdf"
        began = time.perf_counter()
        document.write_text(html(rows))
        filled = time.perf_counter() - began
        browser.stdin.write(json.dumps({"html": str(document), "pdf": str(pdf)}) + "\n")
        browser.stdin.flush()
        seconds = json.loads(browser.stdout.readline())["seconds"]
        return filled + seconds, pages_of(work, pdf.read_bytes()), pdf.stat().st_size

    return run


def pages_of(work, pdf):
    file = work / "counted.pdf"
    file.write_bytes(pdf)
    said = subprocess.run(["qpdf", "--show-npages", file], check=True, stdout=subprocess.PIPE)
    return int(said.stdout)


ENGINES = {
    "pressroom, untagged": lambda work: pressroom(work, "2u"),
    "pressroom, tagged": lambda work: pressroom(work, "2a"),
    "typst": typst,
    "reportlab": reportlab,
    "chromium": chromium,
    "weasyprint": weasyprint,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="engines whose names begin so")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        chosen = {name: make for name, make in ENGINES.items() if not given.only or name.startswith(tuple(given.only))}
        engines = {name: make(work) for name, make in chosen.items()}
        small, best = rows(50, 0), {}
        for run in engines.values():
            run(small)
        for seed in range(1, given.rounds + 1):
            table = rows(given.rows, seed)
            for name, run in engines.items():
                result = run(table)
                best[name] = min(best.get(name, result), result)
        report(best)


def report(best):
    rate = lambda result: result[1] / result[0]
    yardstick = best.get("pressroom, untagged") or next(iter(best.values()))
    print(f"{'engine':<22}{'seconds':>10}{'pages':>8}{'pages/s':>10}{'bytes/page':>12}{'times slower':>14}")
    for name, result in sorted(best.items(), key=lambda item: -rate(item[1])):
        seconds, pages, size = result
        print(f"{name:<22}{seconds:>10.2f}{pages:>8}{rate(result):>10.0f}{size / pages:>12.0f}{rate(yardstick) / rate(result):>14.1f}")


if __name__ == "__main__":
    main()
