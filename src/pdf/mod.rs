//! How pages become bytes: the only place that names printpdf and lopdf.
//!
//! **Invariant:** sees finished pages and fonts, never rows or templates. Bytes leave as pages finish; memory does not
//! grow with the document. The same pages give the same bytes.
