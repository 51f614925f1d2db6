"""XMP beyond the standard's own schemas: described as ISO 19005-2, 6.6.2.3.3 asks, or not there.

pikepdf's validator knows no extension schemas and refuses them all, so what concerns them is judged here instead.
"""

import re

from lxml import etree

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PDFA = "http://www.aiim.org/pdfa/ns/"
SCHEMA, PROPERTY, TYPE, FIELD = (f"{{{PDFA}{name}#}}" for name in ("schema", "property", "type", "field"))
SCHEMAS = f"{{{PDFA}extension/}}schemas"
OWN = re.compile(r"XMP (namespace|property) (pdfa(Extension|Schema|Property|Type|Field)|pdfuaid|pressroom\w*)[=:]")
VALUES = {"Text", "Integer", "Real", "Boolean", "Date", "URI"}


def concerns_extension(finding):
    """Whether a finding says no more than that a schema isn't one of the standard's own."""
    return finding.rule == "ISO_19005_2:6.6.2.3.1-1" and OWN.search(finding.message) is not None


def findings(packet):
    root = etree.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.rindex(b"<?xpacket")])
    described, found = {}, []
    for schema in items(root.iter(SCHEMAS)):
        uri, prefix = text(schema, SCHEMA + "namespaceURI"), text(schema, SCHEMA + "prefix")
        types = set(VALUES)
        for kind in items(schema.findall(SCHEMA + "valueType")):
            types.add(text(kind, TYPE + "type"))
            names = {text(field, FIELD + "name"): field for field in items(kind.findall(TYPE + "field"))}
            found += incomplete(kind, TYPE, ["type", "namespaceURI", "prefix", "description"])
            for field in names.values():
                found += incomplete(field, FIELD, ["name", "valueType", "description"])
            described[text(kind, TYPE + "namespaceURI")] = set(names)
        properties = {text(given, PROPERTY + "name"): given for given in items(schema.findall(SCHEMA + "property"))}
        found += incomplete(schema, SCHEMA, ["schema", "namespaceURI", "prefix"])
        for given in properties.values():
            found += incomplete(given, PROPERTY, ["name", "valueType", "category", "description"])
            if text(given, PROPERTY + "category") not in {"internal", "external"}:
                found.append("6.6.2.3.3: a category is neither internal nor external")
            if text(given, PROPERTY + "valueType").split(" ")[-1] not in types:
                found.append(f"6.6.2.3.3: the type `{text(given, PROPERTY + 'valueType')}` isn't described")
        described[uri] = set(properties)
        if any(used.prefix != prefix for used in root.iter(f"{{{uri}}}*")):
            found.append(f"6.6.2.3.2: {uri} has another prefix than {prefix}")
    return found + list(undescribed(root, described))


def undescribed(root, described):
    for element in root.iter():
        name = etree.QName(element)
        foreign = "pressroom" in name.namespace or "pdfua" in name.namespace
        if foreign and name.localname not in described.get(name.namespace, set()):
            yield f"6.6.2.3.1: {element.prefix}:{name.localname} is used, but not described"


def items(containers):
    for container in containers:
        yield from container[0].findall(RDF + "li")


def incomplete(element, namespace, names):
    return [f"6.6.2.3.3: {name} is missing" for name in names if not text(element, namespace + name)]


def text(element, name):
    return (element.findtext(name) or "").strip()
