//! The structure of a written document, read back and compared with its pages in both directions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use lopdf::{Dictionary, Object, ObjectId, content::Content};

/// A document read back.
pub(crate) struct Tree {
    document: lopdf::Document,
    /// What the parent tree says.
    parents: BTreeMap<i64, Object>,
    /// The elements that hold each marked-content sequence, by content stream and number.
    owners: BTreeMap<(ObjectId, i64), ObjectId>,
    annotations: BTreeMap<ObjectId, ObjectId>,
    text: String,
}

impl Tree {
    /// Reads a document, and checks that structure and pages fit together.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let document = lopdf::Document::load_mem(bytes).unwrap();
        let mut tree = Self {
            document,
            parents: BTreeMap::new(),
            owners: BTreeMap::new(),
            annotations: BTreeMap::new(),
            text: String::new(),
        };
        let root_at = tree.document.catalog().unwrap().get(b"StructTreeRoot").unwrap().as_reference().unwrap();
        let root = tree.dictionary(&Object::Reference(root_at));
        tree.read_parents(root.get(b"ParentTree").unwrap());
        tree.element_kids(&root, root_at, 0);
        tree.check_pages();
        tree
    }

    /// The structure as text: an element a line, with the numbers of its marked content.
    pub(crate) fn shown(&self) -> &str {
        &self.text
    }

    fn dictionary(&self, object: &Object) -> Dictionary {
        let object = self.document.dereference(object).unwrap().1;
        match object {
            Object::Stream(stream) => stream.dict.clone(),
            object => object.as_dict().unwrap().clone(),
        }
    }

    fn read_parents(&mut self, node: &Object) {
        let node = self.dictionary(node);
        for kid in node.get(b"Kids").and_then(Object::as_array).into_iter().flatten() {
            self.read_parents(kid);
        }
        let Ok(entries) = node.get(b"Nums").and_then(Object::as_array) else { return };
        for pair in entries.chunks_exact(2) {
            let key = pair[0].as_i64().unwrap();
            assert!(self.parents.last_key_value().is_none_or(|(last, _)| *last < key), "keys in order");
            self.parents.insert(key, pair[1].clone());
        }
    }

    fn element_kids(&mut self, element: &Dictionary, at: ObjectId, depth: usize) {
        let kids = match element.get(b"K") {
            Ok(Object::Array(kids)) => kids.clone(),
            Ok(kid) => vec![kid.clone()],
            Err(_) => Vec::new(),
        };
        let page = element.get(b"Pg").and_then(Object::as_reference).ok();
        for kid in kids {
            match &kid {
                Object::Integer(mcid) => self.own(page.unwrap(), *mcid, at),
                Object::Reference(child) => {
                    let dictionary = self.dictionary(&kid);
                    assert_eq!(dictionary.get(b"P").unwrap().as_reference().unwrap(), at, "{child:?}");
                    self.show(&dictionary, depth);
                    self.element_kids(&dictionary, *child, depth + 1);
                }
                Object::Dictionary(part) => match part.get(b"Type").unwrap().as_name().unwrap() {
                    b"MCR" => {
                        let page = part.get(b"Stm").or(part.get(b"Pg")).unwrap().as_reference().unwrap();
                        self.own(page, part.get(b"MCID").unwrap().as_i64().unwrap(), at);
                    }
                    b"OBJR" => {
                        let annotation = part.get(b"Obj").unwrap().as_reference().unwrap();
                        assert!(self.annotations.insert(annotation, at).is_none());
                    }
                    other => panic!("{}", String::from_utf8_lossy(other)),
                },
                other => panic!("{other:?}"),
            }
        }
    }

    fn own(&mut self, content: ObjectId, mcid: i64, owner: ObjectId) {
        assert!(self.owners.insert((content, mcid), owner).is_none(), "{mcid} of {content:?} has two owners");
    }

    fn show(&mut self, element: &Dictionary, depth: usize) {
        let role = String::from_utf8_lossy(element.get(b"S").unwrap().as_name().unwrap()).into_owned();
        let numbers: Vec<String> = match element.get(b"K") {
            Ok(Object::Array(kids)) => kids.iter().filter_map(number_of).collect(),
            Ok(kid) => number_of(kid).into_iter().collect(),
            Err(_) => Vec::new(),
        };
        let mut line = format!("{:indent$}{role} {}", "", numbers.join(" "), indent = depth * 2).trim_end().to_owned();
        for key in ["Alt", "Lang"] {
            if let Ok(text) = element.get(key.as_bytes()).and_then(lopdf::decode_text_string) {
                write!(line, " {key}={text}").unwrap();
            }
        }
        if let Ok(attributes) = element.get(b"A") {
            let attributes = attributes.as_array().cloned().unwrap_or_else(|_| vec![attributes.clone()]);
            for attribute in attributes {
                for (key, value) in self.dictionary(&attribute).iter().filter(|(key, _)| *key != b"O") {
                    write!(line, " {}={}", String::from_utf8_lossy(key), plain(value)).unwrap();
                }
            }
        }
        self.text += &line;
        self.text.push('\n');
    }

    fn check_pages(&self) {
        let mut checked = 0;
        for page in self.document.page_iter() {
            let dictionary = self.dictionary(&Object::Reference(page));
            let content = self.document.get_page_content(page);
            checked += self.check_content(page, &dictionary, &content);
            for annotation in dictionary.get(b"Annots").and_then(Object::as_array).into_iter().flatten() {
                let at = annotation.as_reference().unwrap();
                let key = self.dictionary(annotation).get(b"StructParent").unwrap().as_i64().unwrap();
                assert_eq!(self.parents[&key].as_reference().unwrap(), self.annotations[&at]);
                assert_eq!(dictionary.get(b"Tabs").unwrap().as_name().unwrap(), b"S");
            }
        }
        for (at, object) in &self.document.objects {
            if let Object::Stream(stream) = object
                && stream.dict.has(b"StructParents")
            {
                checked += self.check_content(*at, &stream.dict, &stream.decompressed_content().unwrap());
            }
        }
        assert_eq!(checked, self.owners.len(), "every sequence that the structure names is on a page");
    }

    /// Checks a content stream: all that shows is marked, and each number is that of an element that knows it.
    fn check_content(&self, at: ObjectId, dictionary: &Dictionary, content: &[u8]) -> usize {
        let parents = dictionary.get(b"StructParents").ok().map(|key| {
            let array = &self.parents[&key.as_i64().unwrap()];
            self.document.dereference(array).unwrap().1.as_array().unwrap().clone()
        });
        let mut open: Vec<(String, bool)> = Vec::new();
        let mut numbers = BTreeSet::new();
        let mut in_text = false;
        for operation in Content::decode(content).unwrap().operations {
            match operation.operator.as_str() {
                "BMC" | "BDC" => {
                    let tag = String::from_utf8_lossy(operation.operands[0].as_name().unwrap()).into_owned();
                    let properties = operation.operands.get(1).and_then(|operand| operand.as_dict().ok());
                    let mcid = properties.and_then(|properties| properties.get(b"MCID").ok());
                    if let Some(mcid) = mcid {
                        let mcid = mcid.as_i64().unwrap();
                        assert!(numbers.insert(mcid), "{mcid} twice");
                        let owner = parents.as_ref().unwrap()[mcid as usize].as_reference().unwrap();
                        assert_eq!(self.owners[&(at, mcid)], owner);
                    }
                    if mcid.is_some() || tag == "Artifact" {
                        assert!(open.is_empty(), "{tag} in {open:?}");
                    }
                    open.push((tag, in_text));
                }
                "EMC" => assert_eq!(open.pop().unwrap().1, in_text, "begins and ends in text, or neither"),
                "BT" => in_text = true,
                "ET" => in_text = false,
                "TJ" | "Tj" | "f" | "f*" | "S" | "B*" | "W*" => assert!(!open.is_empty(), "unmarked {operation:?}"),
                "Do" => {
                    let name = String::from_utf8_lossy(operation.operands[0].as_name().unwrap()).into_owned();
                    assert_eq!(open.is_empty(), name.starts_with('X'), "{name} in {open:?}");
                }
                _ => {}
            }
        }
        assert!(open.is_empty() && !in_text);
        assert_eq!(numbers.len(), parents.map_or(0, |parents| parents.len()));
        numbers.len()
    }
}

fn number_of(kid: &Object) -> Option<String> {
    match kid {
        Object::Integer(mcid) => Some(mcid.to_string()),
        Object::Dictionary(part) => match part.get(b"MCID") {
            Ok(mcid) => Some(format!("{}{}", if part.has(b"Stm") { "form:" } else { "page:" }, mcid.as_i64().unwrap())),
            Err(_) => Some("link".to_owned()),
        },
        _ => None,
    }
}

fn plain(value: &Object) -> String {
    match value {
        Object::Name(name) => String::from_utf8_lossy(name).into_owned(),
        Object::Integer(number) => number.to_string(),
        Object::Real(number) => number.to_string(),
        Object::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    }
}
