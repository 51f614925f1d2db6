"""What ISO 14289-1 (PDF/UA-1) and ISO 19005-2 level A ask of a document's structure, as far as a machine can tell.

The numbers are clauses of ISO 14289-1, with the checkpoint of the Matterhorn Protocol where there is one.
"""

import re

from pikepdf import Array, Dictionary, Name, Operator, Stream, parse_content_stream

from structure import Tree
from tables import table_findings

SHOWING = {"Tj", "TJ", "'", '"', "Do", "sh", "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "BI", "INLINE IMAGE"}
LANGUAGE = re.compile(r"^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$")
XMP_PART = re.compile(rb"pdfuaid:part(=[\"']1[\"']|>1<)")


def findings(pdf):
    if Name.StructTreeRoot not in pdf.Root:
        return ["7.1: the document has no structure tree (01-003)"]
    tree = Tree(pdf)
    found = [*catalog_findings(pdf), *tree.findings]
    for number, page in enumerate(pdf.pages, 1):
        found += [f"page {number}: {finding}" for finding in page_findings(page, tree)]
    for element in tree.elements:
        found += element_findings(element)
        if element.kind == "Table":
            found += table_findings(element)
    return found + heading_findings(tree) + tree.unused()


# --- the document -----------------------------------------------------------------------------------------------------


def catalog_findings(pdf):
    root = pdf.Root
    if not root.get(Name.MarkInfo, {}).get("/Marked", False):
        yield "7.1: MarkInfo/Marked isn't true (06-002)"
    if root.get(Name.MarkInfo, {}).get("/Suspects", False):
        yield "7.1-4: Suspects is true"
    if not LANGUAGE.match(str(root.get(Name.Lang, ""))):
        yield "7.2: the catalog has no language (11-006)"
    if not root.get(Name.ViewerPreferences, {}).get("/DisplayDocTitle", False):
        yield "7.1-10: DisplayDocTitle isn't true (07-002)"
    xmp = bytes(root.Metadata.read_bytes()) if Name.Metadata in root else b""
    if not XMP_PART.search(xmp):
        yield "5-1: XMP doesn't name pdfuaid:part 1 (06-002)"
    if b"dc:title" not in xmp:
        yield "7.1-9: XMP has no dc:title (06-003)"
    if b"xpdfaid" not in xmp and not re.search(rb"pdfaid:conformance(=[\"']A[\"']|>A<)", xmp):
        yield "ISO 19005-2 6.6.4: XMP doesn't name level A"
    if Name.Outlines in root and Name.First in root.Outlines and not str(root.Outlines.First.get(Name.Title, "")):
        yield "7.2: an outline entry has no title"


def heading_findings(tree):
    levels = [int(element.kind[1]) for element in tree.elements if re.fullmatch(r"H[1-6]", element.kind)]
    found = ["7.4.2: the first heading isn't H1 (14-002)"] if levels and levels[0] != 1 else []
    skipped = [pair for pair in zip(levels, levels[1:]) if pair[1] > pair[0] + 1]
    return found + [f"7.4.2: H{a} is followed by H{b} (14-003)" for a, b in skipped]


# --- one element ------------------------------------------------------------------------------------------------------

PARENTS = {
    "TR": {"Table", "THead", "TBody", "TFoot"}, "THead": {"Table"}, "TBody": {"Table"}, "TFoot": {"Table"},
    "TH": {"TR"}, "TD": {"TR"}, "LI": {"L"}, "LBody": {"LI"}, "TOCI": {"TOC"},
}
CHILDREN = {
    "Table": {"TR", "THead", "TBody", "TFoot", "Caption"}, "THead": {"TR"}, "TBody": {"TR"}, "TFoot": {"TR"},
    "TR": {"TH", "TD"}, "L": {"L", "LI", "Caption"}, "LI": {"Lbl", "LBody"},
}
# What only groups: content of its own would be neither paragraph nor heading.
GROUPS = {"Document", "Part", "Art", "Sect", "Div", "Table", "THead", "TBody", "TFoot", "TR", "L", "LI"}


def element_findings(element):
    kind, parent = element.kind, element.parent.kind if element.parent else None
    if kind in PARENTS and parent not in PARENTS[kind]:
        yield f"7.2: {kind} stands in {parent}"
    for child in element.children:
        if kind in CHILDREN and child.kind not in CHILDREN[kind]:
            yield f"7.2: {kind} contains {child.kind}"
    if kind in GROUPS and element.contents:
        yield f"7.1: {kind} has content of its own"
    if kind in {"Figure", "Formula"} and not element.text("Alt") and not element.text("ActualText"):
        yield f"7.3-1: {kind} has no alternative text (13-004)"
    if kind == "Note" and not element.text("ID"):
        yield "7.9-1: Note has no ID"
    if element.text("Lang") and not LANGUAGE.match(element.text("Lang")):
        yield f"7.2-29: `{element.text('Lang')}` is no language"
    if kind == "Link" and not element.annotations:
        yield "7.18.5: Link has no annotation"
    if not element.contents and not element.children and not element.annotations and kind not in {"TD", "TH"}:
        yield f"14.7.2: {kind} is empty"


# --- one page ---------------------------------------------------------------------------------------------------------


def page_findings(page, tree):
    found = list(annotation_findings(page, tree))
    reader = Reader(page.obj, tree)
    reader.read(page)
    return found + reader.found


def annotation_findings(page, tree):
    annotations = page.obj.get(Name.Annots, Array())
    if len(annotations) and page.obj.get(Name.Tabs) != Name.S:
        yield "7.18.3: Tabs isn't S (28-009)"
    for annotation in annotations:
        parent = tree.parent_of(annotation.get(Name.StructParent))
        kind = tree.kind_of(parent) if isinstance(parent, Dictionary) else None
        if kind != ("Link" if annotation.Subtype == Name.Link else "Annot"):
            yield f"7.18.5-1: {annotation.Subtype} stands in {kind} (28-011)"
        if not str(annotation.get(Name.Contents, "")):
            yield "7.18.5-2: an annotation has no Contents (28-012)"
        if not int(annotation.get(Name.F, 0)) & 4:
            yield "ISO 19005-2 6.3.2: an annotation isn't printed"


class Reader:
    """Reads a page's content: everything is tagged or an artifact, and each tag is known."""

    def __init__(self, owner, tree):
        self.owner, self.tree, self.found, self.seen = owner, tree, [], set()
        key = owner.get(Name.StructParents)
        self.parents = tree.parent_of(key) if key is not None else None

    def read(self, content):
        open_marks = []
        for operands, operator in parse_content_stream(content):
            name = str(operator)
            if name in {"BMC", "BDC"}:
                open_marks.append(self.mark(operands, open_marks))
            elif name == "EMC":
                if not open_marks:
                    self.found.append("EMC without BDC")
                    continue
                open_marks.pop()
            elif name == "Do" and self.is_tagged_form(operands[0]):
                form = Reader(self.form(operands[0]), self.tree)
                form.read(form.owner)
                self.found += form.found
            elif name in SHOWING and not any(open_marks):
                self.found.append(f"7.1-3: `{name}` is neither tagged nor an artifact (01-005)")
        if open_marks:
            self.found.append("a marked sequence isn't closed")
        if isinstance(self.parents, Array):
            for mcid, element in enumerate(self.parents):
                if element is not None and mcid not in self.seen:
                    self.found.append(f"the parent tree has content {mcid}, the page doesn't")

    def form(self, name):
        return self.owner.Resources.XObject[name]

    def is_tagged_form(self, name):
        """Whether it is a form whose content is tagged by itself (ISO 32000-1, 14.7.4.2)."""
        drawn = self.form(name)
        return drawn.get(Name.Subtype) == Name.Form and Name.StructParents in drawn

    def mark(self, operands, open_marks):
        """What a sequence is: `artifact`, `tagged` or, like a Span with ActualText, nothing by itself."""
        tag = str(operands[0])
        properties = operands[1] if len(operands) > 1 else None
        if isinstance(properties, Name):
            properties = self.owner.Resources.Properties[properties]
        if tag == "/Artifact":
            if "tagged" in open_marks:
                self.found.append("7.1-1: an artifact within tagged content (01-003)")
            return "artifact"
        if properties is not None and Name.MCID in properties:
            if "artifact" in open_marks:
                self.found.append("7.1-2: tagged content within an artifact (01-004)")
            self.tagged(int(properties.MCID), tag)
            return "tagged"
        return None

    def tagged(self, mcid, tag):
        if mcid in self.seen:
            self.found.append(f"content {mcid} is marked twice")
        self.seen.add(mcid)
        parent = self.parents[mcid] if isinstance(self.parents, Array) and mcid < len(self.parents) else None
        if not isinstance(parent, Dictionary):
            self.found.append(f"content {mcid} belongs to no element")
        elif not self.tree.claims(parent, self.owner, mcid):
            self.found.append(f"content {mcid} isn't claimed by its {self.tree.kind_of(parent)}")
