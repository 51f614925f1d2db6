"""The structure tree of a document, read from the root and held against the parent tree."""

from dataclasses import dataclass, field

from pikepdf import Array, Dictionary, Name, NumberTree

STANDARD = set(
    "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI Lbl LBody "
    "Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby RB RT RP Warichu WT WP "
    "Figure Formula Form".split()
)


@dataclass
class Element:
    """One structure element; `contents` are its pieces of pages and forms: (page or form, MCID)."""

    dictionary: Dictionary
    kind: str
    parent: "Element | None"
    children: list = field(default_factory=list)
    contents: list = field(default_factory=list)
    annotations: list = field(default_factory=list)

    def text(self, key):
        return str(self.dictionary.get(f"/{key}", ""))

    def attribute(self, owner, key):
        given = self.dictionary.get(Name.A, Array())
        for attributes in given if isinstance(given, Array) else [given]:
            if isinstance(attributes, Dictionary) and attributes.get(Name.O) == f"/{owner}" and f"/{key}" in attributes:
                return attributes[f"/{key}"]
        return None


class Tree:
    def __init__(self, pdf):
        self.root = pdf.Root.StructTreeRoot
        self.roles = {str(role): str(kind) for role, kind in self.root.get(Name.RoleMap, Dictionary()).items()}
        self.parents = dict(NumberTree(self.root.ParentTree).items()) if Name.ParentTree in self.root else {}
        self.elements, self.findings, self.claimed, self.used = [], [], {}, set()
        if not self.parents:
            self.findings.append("7.1: the structure tree has no parent tree")
        for role in self.roles:
            if role[1:] in STANDARD:
                self.findings.append(f"7.1-7: the standard type {role} is mapped")
        top = list(as_list(self.root.get(Name.K)))
        if [self.kind_of(kid) for kid in top] != ["Document"]:
            self.findings.append("14.8.4.2: the root has something else than one Document")
        pending = [(kid, None, None) for kid in reversed(top)]
        while pending:
            dictionary, parent, page = pending.pop()
            pending += reversed(self.element(dictionary, parent, page))

    def element(self, dictionary, parent, page):
        """Takes an element in; returns the elements within it."""
        element = Element(dictionary, self.kind_of(dictionary), parent)
        self.elements.append(element)
        if parent:
            parent.children.append(element)
        if element.kind not in STANDARD:
            self.findings.append(f"7.1-5: {element.kind} is no standard type")
        above = dictionary.get(Name.P)
        if above is None or above.objgen != (parent.dictionary if parent else self.root).objgen:
            self.findings.append(f"14.7.2: {element.kind} names another parent than it has")
        page = dictionary.get(Name.Pg, page)
        within = []
        for kid in as_list(dictionary.get(Name.K)):
            if isinstance(kid, int):
                self.claim(element, page, kid)
            elif kid.get(Name.Type) == Name.MCR:
                self.claim(element, kid.get(Name.Stm, kid.get(Name.Pg, page)), int(kid.MCID))
            elif kid.get(Name.Type) == Name.OBJR:
                element.annotations.append(kid.Obj)
            else:
                within.append((kid, element, page))
        return within

    def claim(self, element, page, mcid):
        if page is None:
            self.findings.append(f"14.7.4: {element.kind} has content {mcid} on no page")
            return
        element.contents.append((page.objgen, mcid))
        if (page.objgen, mcid) in self.claimed:
            self.findings.append(f"14.7.4: content {mcid} belongs to two elements")
        self.claimed[(page.objgen, mcid)] = element.dictionary.objgen

    def claims(self, dictionary, page, mcid):
        """Whether an element of the parent tree has this content among its own."""
        self.used.add((page.objgen, mcid))
        return self.claimed.get((page.objgen, mcid)) == dictionary.objgen

    def unused(self):
        missing = [mcid for (page, mcid) in self.claimed if (page, mcid) not in self.used]
        return [f"14.7.4: an element has content {mcid} that its page lacks" for mcid in missing]

    def parent_of(self, key):
        return self.parents.get(int(key)) if key is not None else None

    def kind_of(self, dictionary):
        kind, seen = str(dictionary.get(Name.S, "/")), set()
        while kind in self.roles and kind not in seen:
            seen.add(kind)
            kind = self.roles[kind]
        return kind[1:]


def as_list(kids):
    if kids is None:
        return []
    return kids if isinstance(kids, Array) else [kids]
