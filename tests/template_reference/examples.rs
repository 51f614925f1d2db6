//! The examples of the reference.

/// A fence of HTML, and the picture that follows it.
pub(crate) struct Example {
    /// Where it begins in the page.
    pub(crate) line: usize,
    html: String,
    /// The file's name in `docs/images/templates`.
    pub(crate) picture: Option<String>,
}

/// What an example that isn't a whole document stands in. Its pages are as small as its pictures; the fonts are the
/// shipped ones.
const AROUND: [&str; 3] = [
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Example</title>\n<style>\
     @page { size: 340pt 480pt; margin: 10pt; } body { margin: 0; font-size: 9pt; line-height: 1.4; }</style>\n",
    "</head>\n<body>\n",
    "</body>\n</html>\n",
];

const FENCE: &str = "```html";

/// All examples of the page, in their order.
pub(crate) fn read(page: &str) -> Vec<Example> {
    let lines: Vec<&str> = page.lines().collect();
    let mut examples = Vec::new();
    let mut at = 0;
    while let Some(begin) = lines[at..].iter().position(|line| *line == FENCE).map(|offset| at + offset) {
        let end = begin + lines[begin..].iter().position(|line| *line == "```").expect("the fence is closed");
        let after = lines[end + 1..].iter().find(|line| !line.is_empty());
        examples.push(Example {
            line: begin + 1,
            html: lines[begin + 1..end].join("\n"),
            picture: after.and_then(|line| picture(line)),
        });
        at = end + 1;
    }
    examples
}

/// The picture that a line shows: `![What is seen](images/templates/name.png)`.
fn picture(line: &str) -> Option<String> {
    let (_, path) = line.strip_prefix("![")?.strip_suffix(')')?.split_once("](images/templates/")?;
    Some(path.to_owned())
}

impl Example {
    /// The example as a whole document: its styles in the head, the rest in the body.
    pub(crate) fn document(&self) -> String {
        if self.html.starts_with("<!DOCTYPE") {
            return self.html.clone();
        }
        let (style, body) = match self.html.split_once("</style>") {
            Some((style, body)) => (format!("{style}</style>\n"), body),
            None => (String::new(), self.html.as_str()),
        };
        let [before, between, after] = AROUND;
        format!("{before}{style}{between}{body}\n{after}")
    }
}
