//! The completeness stamp: what was read and what was printed, said by the document itself.

use std::{fmt::Write as _, sync::Arc};

use super::xmp::escape;

/// What a document was made from, dataset by dataset in the order of reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Each dataset that was read.
    pub datasets: Vec<StampedDataset>,
}

/// How much of a dataset was read and printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampedDataset {
    /// Its name in the report's definition.
    pub name: Arc<str>,
    /// Rows that the source returned.
    pub rows_read: u64,
    /// Rows on pages.
    pub rows_placed: u64,
    /// SHA-256 of what was read.
    pub sha256: [u8; 32],
}

impl Stamp {
    /// Its part of the XMP packet, in the namespace that [`EXTENSION_SCHEMA`] describes. Nothing if nothing was read.
    pub(crate) fn properties(&self) -> String {
        let mut properties = String::new();
        if self.datasets.is_empty() {
            return properties;
        }
        properties.push_str("<rdf:Description rdf:about=\"\" ");
        properties.push_str(NAMESPACES);
        properties.push_str(">\n<pressroom:Datasets><rdf:Seq>\n");
        for StampedDataset { name, rows_read, rows_placed, sha256 } in &self.datasets {
            // Writing to a string can't fail.
            let _ = writeln!(
                properties,
                "<rdf:li rdf:parseType=\"Resource\"><pressroomDataset:name>{}</pressroomDataset:name>\
                 <pressroomDataset:rowsRead>{rows_read}</pressroomDataset:rowsRead>\
                 <pressroomDataset:rowsPlaced>{rows_placed}</pressroomDataset:rowsPlaced>\
                 <pressroomDataset:sha256>{}</pressroomDataset:sha256></rdf:li>",
                escape(name),
                hex::encode(sha256),
            );
        }
        properties.push_str("</rdf:Seq></pressroom:Datasets>\n</rdf:Description>\n");
        properties
    }
}

/// The namespaces of the stamp, as attributes of an `rdf:Description`.
const NAMESPACES: &str = "xmlns:pressroom=\"https://github.com/pressroom/pressroom/ns/completeness/1.0/\" \
xmlns:pressroomDataset=\"https://github.com/pressroom/pressroom/ns/completeness/1.0/dataset#\"";

/// What PDF/A wants to be told of properties that it doesn't know (ISO 19005-2, 6.6.2.3.3).
pub(crate) const EXTENSION_SCHEMA: &str = r#"<rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>Pressroom completeness stamp</pdfaSchema:schema>
<pdfaSchema:namespaceURI>https://github.com/pressroom/pressroom/ns/completeness/1.0/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pressroom</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>Datasets</pdfaProperty:name>
<pdfaProperty:valueType>Seq Dataset</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>What the document was made from, in the order of reading</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
<pdfaSchema:valueType><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaType:type>Dataset</pdfaType:type>
<pdfaType:namespaceURI>https://github.com/pressroom/pressroom/ns/completeness/1.0/dataset#</pdfaType:namespaceURI>
<pdfaType:prefix>pressroomDataset</pdfaType:prefix>
<pdfaType:description>How much of a dataset was read and printed</pdfaType:description>
<pdfaType:field><rdf:Seq>
<rdf:li rdf:parseType="Resource"><pdfaField:name>name</pdfaField:name><pdfaField:valueType>Text</pdfaField:valueType><pdfaField:description>Its name in the definition of the report</pdfaField:description></rdf:li>
<rdf:li rdf:parseType="Resource"><pdfaField:name>rowsRead</pdfaField:name><pdfaField:valueType>Integer</pdfaField:valueType><pdfaField:description>Rows that the source returned</pdfaField:description></rdf:li>
<rdf:li rdf:parseType="Resource"><pdfaField:name>rowsPlaced</pdfaField:name><pdfaField:valueType>Integer</pdfaField:valueType><pdfaField:description>Rows on pages</pdfaField:description></rdf:li>
<rdf:li rdf:parseType="Resource"><pdfaField:name>sha256</pdfaField:name><pdfaField:valueType>Text</pdfaField:valueType><pdfaField:description>SHA-256 of what was read, in hexadecimal digits</pdfaField:description></rdf:li>
</rdf:Seq></pdfaType:field>
</rdf:li></rdf:Seq></pdfaSchema:valueType>
</rdf:li>
"#;
