//! What is fuzzed: each target takes any bytes, and must neither panic, nor hang, nor exhaust memory.

mod image;
mod layout;
mod press;

use pressroom::template::Template;

pub use image::image;
pub use layout::layout;

/// A target's name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[("template", template), ("css", css), ("layout", layout), ("image", image)];

/// The bytes are a template's HTML.
pub fn template(data: &[u8]) {
    let _either = Template::from_text(String::from_utf8_lossy(data).into_owned());
}

/// The bytes are the style sheet of a template that has one of each element.
pub fn css(data: &[u8]) {
    let style = String::from_utf8_lossy(data);
    let _either = Template::from_text(format!("<html lang=\"en\"><head><style>{style}</style></head>{BODY}</html>"));
}

const BODY: &str = r#"<body class="a"><header id="top"><h1>One</h1></header>
<main class="a b"><section><h2 title="t">Two</h2><p class="{{ 'x' if y else 'z' }}">Text <b>b</b> <a href="https://x.org">a</a>
<q>q</q></p><ul><li>1<ol start="3"><li value="7">2</li></ol></li><li></li></ul><dl><dt>t</dt><dd>d</dd></dl></section>
<div hidden><span></span></div><pre>x</pre><hr><p data-for="x in xs" data-if="x" dir="rtl">{{ x }}</p>
<table><caption>c</caption><colgroup><col></colgroup><thead><tr><th>h</th></tr></thead><tbody><tr><td>d</td></tr></tbody></table>
<table data-rows="rows" style="width: 100%; table-layout: fixed"><tbody><tr data-group="row.g"><th>{{ row.g }}</th></tr>
<tr class="{{ row.c }}"><td>{{ row.c }}</td></tr></tbody><tfoot><tr><td>{{ count() }}</td></tr></tfoot></table></main></body>"#;
