//! Loading: one HTML file, its style sheets, fonts and pictures, all from the templates folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use crate::{
    artifact::Digest,
    fault::Fault,
    layout::{page::Image, text::FontBook},
    template::{
        Template, accessible,
        attribute::RESERVED,
        boxes,
        cascade::{Cascade, Notes},
        css::{
            FontFace, PageRule, Rule,
            declaration::Declaration,
            draft::Picture,
            sheet::{self, Declared},
        },
        document::{Document, Element, ElementId, Text},
        expression::Expression,
        folder::{self, Folder, FolderError},
        html::{self, SheetReference},
        image, link,
        page::PageStyles,
        reference::{Reference, Referenced},
        running,
        source::Source,
        stream::{Stream, fault_at},
        structure,
        styles::Wardrobe,
    },
};

/// Loads a template, listing every fault.
pub(crate) fn load(folder: &Path, file: &str) -> Result<Template, Vec<Fault>> {
    let opened = Folder::open(folder)
        .map_err(|error| vec![Fault::new(format!("the templates folder can't be read: {error}")).in_file(folder)])?;
    let text = opened.text(file).map_err(|error| vec![Fault::new(error.to_string()).in_file(opened.named(file))])?;
    Loader::new(&opened, file).load(text)
}

/// Loads a template that refers to no files.
pub(crate) fn load_text(text: String) -> Result<Template, Vec<Fault>> {
    Loader::new(&Folder::empty(), "template.html").load(text)
}

/// Sheets import others no deeper.
const MAX_IMPORTS: usize = 8;

/// No template has more sheets.
const MAX_SHEETS: usize = 100;

struct Loader<'f> {
    folder: &'f Folder,
    file: &'f str,
    faults: Vec<Fault>,
    hash: Sha256,
    rules: Vec<Rule>,
    pages: Vec<(Source, PageRule)>,
    fonts: FontBook,
    images: BTreeMap<String, Arc<Image>>,
    references: Vec<Reference>,
    sheets: usize,
}

impl<'f> Loader<'f> {
    fn new(folder: &'f Folder, file: &'f str) -> Self {
        Self {
            folder,
            file,
            faults: Vec::new(),
            hash: Sha256::new(),
            rules: Vec::new(),
            pages: Vec::new(),
            fonts: FontBook::builtin(),
            images: BTreeMap::new(),
            references: Vec::new(),
            sheets: 0,
        }
    }

    fn load(mut self, text: String) -> Result<Template, Vec<Fault>> {
        let file = self.folder.named(self.file);
        self.hash_in(self.file, text.as_bytes());
        let source = Source::in_folder(file.clone(), self.file, text);
        let parsed = html::parse(&source, &mut self.faults);
        for reference in &parsed.sheets {
            match reference {
                SheetReference::Inline { offset, text } => self.sheet(&source, *offset, text, &mut Vec::new()),
                SheetReference::Linked { offset, href } => {
                    self.linked_sheet(&source, *offset, href, &mut Vec::new());
                }
            }
        }
        let mut document = parsed.document;
        self.read_images(&document, &source);
        self.read_backgrounds(&document, &source);
        let streams = structure::check(&document, &file, &mut self.faults);
        let of_elements = document.iter().flat_map(|(_, element)| &element.declared);
        let declared = running::declared(self.rules.iter().flat_map(|rule| rule.declared.iter()).chain(of_elements));
        let own_declarations = document.iter().flat_map(|(_, element)| &element.declared);
        let page_declarations = self.pages.iter().flat_map(|(_, rule)| {
            rule.declared.iter().chain(rule.boxes.iter().flat_map(|margin_box| &margin_box.declared))
        });
        let more: Vec<&Declared> = own_declarations.chain(page_declarations).collect();
        let rules = std::mem::take(&mut self.rules);
        let mut cascade = Cascade::new(&document, rules, &more, &mut self.fonts)
            .map_err(|fault| vec![fault.in_file(source.file().to_path_buf())])?;
        link::check(&document, &file, &mut self.faults);
        let mut notes = Notes::default();
        let root = boxes::check(&document, &cascade, &source, &mut notes, &mut self.faults);
        // Once to learn which fonts they ask for, and once with them.
        PageStyles::new(&self.pages, &cascade, &root, &mut notes, &mut Vec::new());
        running::check(&self.pages, &document, &notes.running, &declared, &mut self.faults);
        self.faults.append(&mut notes.faults);
        structure::add_contents(&mut document, std::mem::take(&mut notes.contents), &mut self.faults);
        cascade.complete(notes, &mut self.fonts);
        let pages = PageStyles::new(&self.pages, &cascade, &root, &mut Notes::default(), &mut self.faults);
        if !self.faults.is_empty() {
            self.faults.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
            return Err(self.faults);
        }
        let warnings = accessible::warnings(&document, &file);
        Ok(Template {
            targets: link::targets(&document),
            kept: kept(&document, &streams),
            roots: roots(&document, &pages),
            waiting: waiting(&document),
            file,
            document,
            cascade,
            pages,
            streams,
            images: self.images,
            references: self.references,
            fonts: Arc::new(self.fonts),
            digest: Digest::from_bytes(self.hash.finalize()),
            warnings,
            wardrobe: Wardrobe::default(),
        })
    }

    /// Names and lengths are hashed with the bytes, so that no two sets of files run together to the same digest.
    fn hash_in(&mut self, name: &str, bytes: &[u8]) {
        self.hash.update((name.len() as u64).to_le_bytes());
        self.hash.update(name);
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(bytes);
    }

    /// Reads a sheet that stands in a file of its own; `from` are the sheets that led to it.
    fn linked_sheet(&mut self, source: &Source, offset: usize, href: &str, from: &mut Vec<String>) {
        let read = folder::resolve(source.path(), href).and_then(|path| Ok((self.folder.text(&path)?, path)));
        let (text, path) = match read {
            Ok(read) => read,
            Err(error) => return self.refuse(source, offset, &error),
        };
        self.sheets += 1;
        if from.contains(&path) || from.len() >= MAX_IMPORTS || self.sheets > MAX_SHEETS {
            let message = format!("`{href}`: style sheets import each other in a circle, too deeply, or too many");
            self.faults.push(source.fault(offset, message).help("import each sheet once"));
            return;
        }
        self.hash_in(&path, text.as_bytes());
        let sheet_source = Source::in_folder(self.folder.named(&path), &path, text.clone());
        from.push(path);
        self.sheet(&sheet_source, 0, &text, from);
        from.pop();
    }

    fn refuse(&mut self, source: &Source, offset: usize, error: &FolderError) {
        let help = "put the file into the templates folder and write its path relative to this file";
        self.faults.push(source.fault(offset, error.to_string()).help(help));
    }

    fn sheet(&mut self, source: &Source, base: usize, text: &str, from: &mut Vec<String>) {
        let sheet = sheet::parse(source, base, text, &mut self.faults);
        for import in &sheet.imports {
            self.linked_sheet(source, import.offset, &import.url, from);
        }
        self.rules.extend(sheet.rules);
        self.pages.extend(sheet.pages.into_iter().map(|rule| (source.clone(), rule)));
        for face in sheet.faces {
            self.face(source, &face);
        }
    }

    fn face(&mut self, source: &Source, face: &FontFace) {
        let read = folder::resolve(source.path(), &face.url).and_then(|file| Ok((self.folder.bytes(&file)?, file)));
        let (bytes, file) = match read {
            Ok(read) => read,
            Err(error) => return self.refuse(source, face.offset, &error),
        };
        self.hash_in(&file, &bytes);
        let bytes: Arc<[u8]> = Arc::from(bytes);
        // A face for a range of weights is the nearest one for each of them when it stands at both ends.
        let (lightest, heaviest) = face.weights;
        for weight in BTreeSet::from([lightest, heaviest]) {
            match self.fonts.add(bytes.clone(), &face.family, weight, face.italic) {
                Ok(font) if face.weights != (400, 400) && self.fonts.varies(font) => {
                    let message = format!("font `{file}` is variable; it would be drawn in its own weight alone");
                    let help = "use a font file for each weight";
                    self.faults.push(source.fault(face.offset, message).help(help));
                    return;
                }
                Ok(font) => {
                    self.references.push(Reference::new(source, face.offset, &file, Referenced::Font(font)));
                }
                Err(error) => {
                    let message = format!("font `{file}`: {error}");
                    self.faults.push(source.fault(face.offset, message).help(ANOTHER_FONT));
                    return;
                }
            }
        }
    }

    fn read_images(&mut self, document: &Document, source: &Source) {
        for (id, element) in document.iter().filter(|(_, element)| element.tag == "img") {
            let file = source.file();
            let Some(src) = element.attribute("src").and_then(Text::literal).filter(|src| !src.is_empty()) else {
                let help = "write `src=\"images/logo.png\"`; which picture it is can't depend on data, use `data-if`";
                self.faults.push(fault_at(document, file, id, "`<img>` has no fixed `src`", help));
                continue;
            };
            let read = folder::resolve(self.file, src).map_err(|error| error.to_string());
            let read = read.map_err(|message| (message, IN_THE_FOLDER));
            match read.and_then(|path| Ok((self.read_image(src, &path)?, path))) {
                Ok((Some(image), path)) => self.references.push(Reference {
                    from: file.to_path_buf(),
                    place: element.place,
                    file: path,
                    to: Referenced::Picture(image),
                }),
                Ok((None, _)) => {}
                Err((message, help)) => self.faults.push(fault_at(document, file, id, &message, help)),
            }
        }
    }

    /// Reads the pictures of backgrounds.
    fn read_backgrounds(&mut self, document: &Document, source: &Source) {
        let own = document.iter().flat_map(|(_, element)| &element.declared).map(|declared| (source, declared));
        let of_rules = self.rules.iter().flat_map(|rule| rule.declared.iter().map(|declared| (&rule.source, declared)));
        let of_boxes = self.pages.iter().flat_map(|(source, rule)| {
            rule.boxes
                .iter()
                .flat_map(move |margin_box| margin_box.declared.iter().map(move |declared| (source, declared)))
        });
        let pictures =
            of_rules.chain(of_boxes).chain(own).filter_map(|(source, declared)| match &declared.declaration {
                Declaration::BackgroundImages(images) => Some((source, images)),
                _ => None,
            });
        let pictures: Vec<(Source, Picture)> = pictures
            .flat_map(|(source, images)| images.iter().flatten().map(|picture| (source.clone(), picture.clone())))
            .collect();
        // A rule of several selectors is there several times.
        let mut known = BTreeSet::new();
        for (source, picture) in pictures {
            let path = picture.source.trim_start_matches('/');
            if !known.insert((source.file().clone(), picture.at)) {
                continue;
            }
            match self.read_image(&picture.source, path) {
                Ok(Some(image)) => {
                    self.references.push(Reference::new(&source, picture.at, path, Referenced::Picture(image)));
                }
                Ok(None) => {}
                Err((message, help)) => self.faults.push(source.fault(picture.at, message).help(help)),
            }
        }
    }

    /// Reads a picture that the template calls `name`; `None` if it was read before.
    fn read_image(&mut self, name: &str, path: &str) -> Result<Option<Arc<Image>>, (String, &'static str)> {
        if self.images.contains_key(name) {
            return Ok(None);
        }
        let bytes = self.folder.bytes(path).map_err(|error| (error.to_string(), IN_THE_FOLDER))?;
        self.hash_in(path, &bytes);
        let image = image::read(bytes).map_err(|error| (format!("picture `{path}`: {error}"), error.help()))?;
        let image = Arc::new(image);
        self.images.insert(name.to_owned(), image.clone());
        Ok(Some(image))
    }
}

const ANOTHER_FONT: &str = "use a whole TrueType or OpenType file (.ttf, .otf) that may be embedded";

const IN_THE_FOLDER: &str = "put the file into the templates folder";

/// The datasets that some `data-for` goes through or some `data-with` names.
fn kept(document: &Document, streams: &[Stream]) -> Vec<Arc<str>> {
    let mut kept: Vec<Arc<str>> = Vec::new();
    for (id, element) in document.iter() {
        let mut locals: Vec<&str> = RESERVED.to_vec();
        for around in document.with_ancestors(id).skip(1) {
            let element = document.get(around);
            locals.extend(element.repeat.iter().map(|repeat| &*repeat.variable));
            locals.extend(element.names.iter().map(|naming| &*naming.name));
            let row = streams.iter().find(|stream| stream.table == around);
            locals.extend(row.map(|stream| &*stream.variable));
        }
        let mut keep = |expression: &Expression, locals: &[&str]| {
            for name in expression.names() {
                let root = name.root.as_str();
                if name.field.is_none() && !locals.contains(&root) && !kept.iter().any(|known| **known == *root) {
                    kept.push(Arc::from(root));
                }
            }
        };
        if let Some(repeat) = &element.repeat {
            keep(&repeat.over, &locals);
            locals.push(&repeat.variable);
        }
        for naming in &element.names {
            keep(&naming.value, &locals);
            locals.push(&naming.name);
        }
    }
    kept
}

/// Every name that some expression starts with.
fn roots(document: &Document, pages: &PageStyles) -> BTreeSet<String> {
    let own = document.iter().flat_map(|(_, element)| element.expressions());
    let boxes = pages.texts().flat_map(Text::expressions);
    let all: Vec<&Expression> = own.chain(boxes).collect();
    let arguments = all.iter().flat_map(|expression| expression.aggregates()).filter_map(|a| a.argument.as_ref());
    all.iter().copied().chain(arguments).flat_map(Expression::names).map(|name| name.root).collect()
}

/// Elements that name `rows`, in themselves or within, and hold no stream.
fn waiting(document: &Document) -> BTreeSet<ElementId> {
    let with_ancestors = |ids: Vec<ElementId>| -> BTreeSet<ElementId> {
        ids.into_iter().flat_map(|id| document.with_ancestors(id)).collect()
    };
    let names_rows =
        |element: &Element| element.expressions().flat_map(Expression::names).any(|name| name.root == "rows");
    let naming = document.iter().filter(|(_, element)| names_rows(element)).map(|(id, _)| id);
    let streams = document.iter().filter(|(_, element)| element.rows.is_some()).map(|(id, _)| id);
    let streams = with_ancestors(streams.collect());
    with_ancestors(naming.collect()).difference(&streams).copied().collect()
}
