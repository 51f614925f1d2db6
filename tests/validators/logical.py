"""Prints the text of tagged PDF files in their logical order, one JSON object a file.

    python logical.py FILE…

The order is that of the structure tree, the text that of the content which it names: glyph codes by ToUnicode, or
ActualText where a span or an element has it. Within a line of one element glyphs are shown from left to right, so that
a stretch from the right is turned around (ISO 32000-1, 14.8.2.3.3), as every reader does; nothing else is moved.

    {"text": "all of it", "rows": [["cell", "cell"], …]}
"""

import json
import re
import sys
import unicodedata
from concurrent.futures import ProcessPoolExecutor

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String


def read(file):
    with pikepdf.open(file) as pdf:
        reader = Reader(pdf)
        rows = []
        text = reader.element(pdf.Root.StructTreeRoot, None, rows, None)
        return json.dumps({"text": text, "rows": rows}, ensure_ascii=False)


class Reader:
    def __init__(self, pdf):
        self.contents, self.fonts = {}, {}

    def element(self, element, page, rows, row):
        """The text of an element, and the cells of the rows in it."""
        page = element.get(Name.Pg, page)
        kind = str(element.get(Name.S, "/"))
        if kind == "/TR":
            row = []
            rows.append(row)
        pieces = [self.kid(kid, page, rows, row) for kid in as_list(element.get(Name.K))]
        text = str(element[Name.ActualText]) if Name.ActualText in element else "".join(pieces)
        if kind in ("/TD", "/TH") and row is not None:
            row.append(text)
        # Blocks, cells and items end a word, stretches within lines don't.
        return text if kind in ("/Span", "/Link", "/Code", "/Quote", "/Reference") else text + "\n"

    def kid(self, kid, page, rows, row):
        if isinstance(kid, int):
            return self.marked(page).get(kid, "")
        kind = kid.get(Name.Type)
        if kind == Name.MCR:
            return self.marked(kid.get(Name.Stm, kid.get(Name.Pg, page))).get(int(kid.MCID), "")
        return "" if kind == Name.OBJR else self.element(kid, page, rows, row)

    def marked(self, page):
        """The text of a page's (or form's) marked content, by its number."""
        if page.objgen not in self.contents:
            self.contents[page.objgen] = dict(self.content(page))
        return self.contents[page.objgen]

    def content(self, page):
        fonts = page.get(Name.Resources, Dictionary()).get(Name.Font, Dictionary())
        lines, font, font_stack = {}, None, []
        baseline = 0
        # What is open, from the outside in: its number, and whether it tells its own text.
        open_content = []
        for instruction in pikepdf.parse_content_stream(page):
            operands, operator = instruction.operands, str(instruction.operator)
            if operator in ("BDC", "BMC"):
                properties = operands[1] if operator == "BDC" else Dictionary()
                if isinstance(properties, Name):
                    properties = page.Resources.Properties[str(properties)]
                number = properties.get(Name.MCID)
                silent = any(said for _, said in open_content)
                said = Name.ActualText in properties
                number = int(number) if number is not None else (open_content[-1][0] if open_content else None)
                if operands[0] == Name.Artifact:
                    number = None
                open_content.append((number, said))
                if number is not None and said and not silent:
                    lines.setdefault(number, {}).setdefault(baseline, []).append(str(properties[Name.ActualText]))
            elif operator == "EMC":
                open_content.pop()
            elif operator == "q":
                font_stack.append(font)
            elif operator == "Q":
                font = font_stack.pop()
            elif operator in ("Td", "TD"):
                baseline += float(operands[1])
            elif operator == "Tm":
                baseline = float(operands[5])
            elif operator == "BT":
                baseline = 0
            elif operator == "Tf":
                font = self.font(fonts[str(operands[0])])
            elif operator in ("Tj", "TJ", "'", '"'):
                if not open_content or open_content[-1][0] is None or any(said for _, said in open_content):
                    continue
                shown = operands[-1]
                strings = shown if isinstance(shown, Array) else [shown]
                for string in strings:
                    if isinstance(string, String):
                        line = lines.setdefault(open_content[-1][0], {}).setdefault(baseline, [])
                        line += decoded(bytes(string), font)
        return {number: " ".join(in_order(line) for line in of.values()) for number, of in lines.items()}

    def font(self, font):
        if font.objgen not in self.fonts:
            self.fonts[font.objgen] = to_unicode(font.ToUnicode.read_bytes().decode("ascii"))
        return self.fonts[font.objgen]


def decoded(codes, font):
    return [font[int.from_bytes(codes[i : i + 2], "big")] for i in range(0, len(codes), 2)]


def in_order(pieces):
    """What stands from left to right on a line, each stretch from the right turned around."""
    text, stretch, between = [], [], []
    for piece in pieces:
        directions = {unicodedata.bidirectional(character) for character in piece}
        if directions & {"R", "AL"}:
            stretch += between + [piece]
            between = []
        elif stretch and not directions & {"L", "EN", "AN"}:
            between.append(piece)
        else:
            text += stretch[::-1] + between + [piece]
            stretch, between = [], []
    return "".join(text + stretch[::-1] + between)


def to_unicode(cmap):
    """The texts of a font's codes (ISO 32000-1, 9.10.3)."""
    texts = {}

    def text(hexadecimal):
        return bytes.fromhex(hexadecimal).decode("utf-16-be")

    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, target in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            texts[int(code, 16)] = text(target)
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, target in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            begins = text(target)
            for offset in range(int(last, 16) - int(first, 16) + 1):
                texts[int(first, 16) + offset] = begins[:-1] + chr(ord(begins[-1]) + offset)
        for first, last, targets in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*\[(.*?)\]", block, re.S):
            for offset, target in enumerate(re.findall(r"<([0-9A-Fa-f]+)>", targets)):
                texts[int(first, 16) + offset] = text(target)
    return texts


def as_list(kids):
    if kids is None:
        return []
    return kids if isinstance(kids, Array) else [kids]


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        for line in pool.map(read, sys.argv[1:]):
            print(line)
