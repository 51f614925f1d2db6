//! The parameters as a JSON Schema, for forms, clients and generators.

use serde_json::{Map, Value as Json, json};

use crate::report::{
    Definition, Parameter, ParameterKind,
    check::{LONGEST_TEXT, MOST_ITEMS},
};

impl Definition {
    /// The parameters as a JSON Schema (draft 2020-12).
    ///
    /// What the schema lets through, [`Definition::resolve`] does too, except for what a schema can't say: bounds of
    /// dates (which stand there as written, under `x-minimum` and `x-maximum`) and of decimals sent as strings.
    /// The other way round `resolve` takes more: relative dates, and text for every kind.
    pub fn schema(&self) -> Json {
        let properties: Map<String, Json> =
            self.parameters.iter().map(|parameter| (parameter.name.to_string(), property(parameter))).collect();
        let required: Vec<&str> = self.parameters.iter().filter(|p| p.required).map(|p| &*p.name).collect();
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if !self.description.is_empty() {
            schema["description"] = json!(self.description);
        }
        schema
    }
}

fn property(parameter: &Parameter) -> Json {
    let mut schema = Map::new();
    schema.insert("title".to_owned(), json!(parameter.label));
    if let Some(help) = &parameter.help {
        schema.insert("description".to_owned(), json!(help));
    }
    describe(&parameter.kind, &mut schema);
    if let Some(default) = &parameter.default {
        schema.insert("default".to_owned(), default.clone());
    }
    Json::Object(schema)
}

fn describe(kind: &ParameterKind, schema: &mut Map<String, Json>) {
    let mut put = |key: &str, value: Option<Json>| value.map(|value| schema.insert(key.to_owned(), value));
    match kind {
        ParameterKind::String { pattern, min_length, max_length } => {
            put("type", Some(json!("string")));
            put("pattern", pattern.as_ref().map(|pattern| json!(format!("^(?:{})$", pattern.as_str()))));
            put("minLength", min_length.map(Json::from));
            put("maxLength", Some(json!(max_length.unwrap_or(LONGEST_TEXT))));
        }
        ParameterKind::Integer { minimum, maximum } => {
            put("type", Some(json!("integer")));
            put("minimum", minimum.map(Json::from));
            put("maximum", maximum.map(Json::from));
        }
        ParameterKind::Decimal { minimum, maximum } => {
            put("type", Some(json!(["number", "string"])));
            put("format", Some(json!("decimal")));
            put("pattern", Some(json!(r"^[+-]?\d+(\.\d+)?$")));
            put("minimum", minimum.as_ref().and_then(number));
            put("maximum", maximum.as_ref().and_then(number));
        }
        ParameterKind::Boolean => _ = put("type", Some(json!("boolean"))),
        ParameterKind::Date { minimum, maximum } | ParameterKind::Datetime { minimum, maximum } => {
            let format = if matches!(kind, ParameterKind::Date { .. }) { "date" } else { "date-time" };
            put("type", Some(json!("string")));
            put("format", Some(json!(format)));
            put("x-minimum", minimum.as_ref().map(|bound| json!(bound.to_string())));
            put("x-maximum", maximum.as_ref().map(|bound| json!(bound.to_string())));
        }
        ParameterKind::Choice { options } => {
            put("type", Some(json!("string")));
            put("enum", Some(options.iter().map(|option| json!(option.value)).collect()));
            let labels = options.iter().map(|option| json!(option.label)).collect();
            put("x-labels", Some(labels).filter(|_| options.iter().any(|option| option.label != option.value)));
        }
        ParameterKind::List { of, min_items, max_items } => {
            let mut items = Map::new();
            describe(of, &mut items);
            put("type", Some(json!("array")));
            put("items", Some(Json::Object(items)));
            put("minItems", min_items.map(Json::from));
            put("maxItems", Some(json!(max_items.unwrap_or(MOST_ITEMS))));
        }
    }
}

/// A decimal bound as a JSON number.
fn number(bound: &bigdecimal::BigDecimal) -> Option<Json> {
    let plain = bound.to_plain_string();
    plain.parse::<i64>().ok().map(Json::from).or_else(|| plain.parse::<f64>().ok().map(Json::from))
}
