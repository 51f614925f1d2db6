use proptest::prelude::*;

use super::*;

/// The SQL as a server gets it when every parameter is one value.
fn sent(text: &str) -> String {
    Statement::parse(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}")).positional(&[])
}

fn names(text: &str) -> Vec<String> {
    let statement = Statement::parse(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
    statement.binds().iter().map(|bind| bind.name.to_string()).collect()
}

/// `line:column: message` of the fault.
fn refused(text: &str) -> String {
    let fault = Statement::parse(text).expect_err(text);
    let place = fault.place.expect("every fault of a text has a place");
    format!("{}:{}: {}", place.line, place.column, fault.message)
}

#[test]
fn parameters_become_question_marks_in_order_of_use() {
    let text = "SELECT * FROM t WHERE a >= :from AND b < :to AND c > :from";
    assert_eq!(sent(text), "SELECT * FROM t WHERE a >= ? AND b < ? AND c > ?");
    assert_eq!(names(text), ["from", "to", "from"]);
}

#[test]
fn binds_know_their_place() {
    let statement = Statement::parse("SELECT 'ä',\n  :x, :y_2").unwrap();
    let places: Vec<_> = statement.binds().iter().map(|bind| (bind.place.line, bind.place.column)).collect();
    assert_eq!(places, [(2, 3), (2, 7)]);
}

#[test]
fn a_list_fills_several_and_an_empty_list_matches_nothing() {
    let statement = Statement::parse("SELECT 1 FROM t WHERE a IN (:ids) AND b = :b").unwrap();
    assert_eq!(statement.positional(&[3, 1]), "SELECT 1 FROM t WHERE a IN (?, ?, ?) AND b = ?");
    assert_eq!(statement.positional(&[0, 1]), "SELECT 1 FROM t WHERE a IN (NULL) AND b = ?");
}

#[test]
fn colons_that_are_text_stay() {
    for text in [
        "SELECT '10:30', ':a', 'it''s :b'",
        "SELECT \":a\", \"x\"\":b\" FROM t",
        "SELECT `odd:name`, `a``:b` FROM t",
        "SELECT a::text FROM t",
        "SELECT x := 1",
        "SELECT a : b",
        "SELECT 'a\\\\', 'b:c'",
        "SELECT 'Ünïcödé :ñ', 東京 FROM t",
        "SELECT a$b FROM t",
        "SELECT 1 WHERE 'a' LIKE '%?%'",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES (1)",
    ] {
        assert_eq!(sent(text), text);
        assert_eq!(names(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn comments_are_left_out_and_their_lines_stay() {
    assert_eq!(sent("-- one ':a' \"\nSELECT 1"), " \nSELECT 1");
    assert_eq!(sent("SELECT 1 # don't :b\n, 2"), "SELECT 1  \n, 2");
    assert_eq!(sent("SELECT/* :c ;\n ' */1"), "SELECT \n1");
    assert_eq!(sent("SELECT 1 --\n+ 1"), "SELECT 1  \n+ 1");
    assert_eq!(sent("SELECT 1 --"), "SELECT 1  ");
    assert_eq!(sent("SELECT '-- not', '/* not */', '# not'"), "SELECT '-- not', '/* not */', '# not'");
}

#[test]
fn one_semicolon_may_end_it() {
    assert_eq!(sent("SELECT :a;"), "SELECT ?");
    assert_eq!(sent("SELECT :a ; -- done ; really\n# and\n/* so */ \n"), "SELECT ? ");
    assert_eq!(sent("SELECT 1;;\n"), "SELECT 1");
    assert_eq!(sent("SELECT ';'"), "SELECT ';'");
}

#[test]
fn a_byte_order_mark_is_ignored() {
    assert_eq!(sent("\u{feff}SELECT :a"), "SELECT ?");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        ("", "1:1: the SQL file is empty"),
        (" \n-- only words\n;", "1:1: the SQL file is empty"),
        ("SELECT 1;\nSELECT 2", "1:9: more than one statement"),
        ("SELECT 1; /* x */ :a", "1:9: more than one statement"),
        ("SELECT 1; 'x'", "1:9: more than one statement"),
        ("SELECT a\nFROM t WHERE b = ?", "2:18: positional parameter `?`"),
        ("SELECT 'open", "1:8: this quote is never closed"),
        ("SELECT 'open''", "1:8: this quote is never closed"),
        ("SELECT `open", "1:8: this quote is never closed"),
        ("SELECT 1 /* open", "1:10: this comment is never closed"),
        ("SELECT 1 /*/", "1:10: this comment is never closed"),
        ("SELECT 'a\\'", "1:10: a backslash before a quote means different things to MySQL and SQLite"),
        ("SELECT 5--3", "1:9: `--` without a space is a comment to SQLite and two minus signs to MySQL"),
        ("SELECT /*! 1 */", "1:8: comments that MySQL executes (`/*! … */`) and hints (`/*+ … */`) are not supported"),
        ("SELECT @x", "1:8: `@` begins a variable in MySQL and a parameter in SQLite"),
        ("SELECT @@version", "1:8: `@` begins a variable in MySQL and a parameter in SQLite"),
        ("SELECT $x", "1:8: `$` begins a variable in MySQL and a parameter in SQLite"),
        ("SELECT :1", "1:8: `:1` is not a parameter's name"),
        ("SELECT :naïve", "1:8: `:naïve` is not a parameter's name"),
        ("SELECT 'a\0b'", "1:10: a NUL character"),
        ("SELECT \0", "1:8: a NUL character"),
        ("DELETE FROM t", "1:1: a dataset only reads, and this doesn't begin a query"),
        ("-- x\n SELECTED 1", "2:2: a dataset only reads, and this doesn't begin a query"),
        ("; SELECT 1", "1:1: more than one statement"),
    ] {
        assert_eq!(refused(text), expected, "{text:?}");
    }
}

#[test]
fn an_offset_of_what_was_sent_leads_back_to_the_file() {
    let text = "-- head\nSELECT :first_name, nope /* a\nb */ FROM t WHERE id IN (:ids) AND wrong = 1";
    let statement = Statement::parse(text).unwrap();
    let counts = [1, 4];
    let sql = statement.positional(&counts);
    for word in ["SELECT", "nope", "FROM", "wrong", "1"] {
        let offset = statement.offset_in_file(&counts, sql.find(word).unwrap());
        assert!(text[offset..].starts_with(word), "{word}");
    }
    assert!(text[statement.offset_in_file(&counts, sql.find('?').unwrap())..].starts_with(":first_name"));
    assert_eq!(statement.offset_in_file(&counts, sql.len() + 9), text.len());
}

/// A stretch of SQL: what is written, what is sent, and the parameters in it.
fn stretch() -> impl Strategy<Value = (String, String, Vec<String>)> {
    let text = prop_oneof![
        "[a-zA-Z0-9_ ,.()<>=+*%|&^~!\n\t]{0,12}",
        "[äßЖ東ไπ]{1,4}",
        "'([^'\\\\\0]|''){0,9}'",
        "\"([^\"\\\\\0]|\"\"){0,9}\"",
        "`([^`\0]|``){0,9}`",
        Just(" ::text ".to_owned()),
        Just(" := ".to_owned()),
    ]
    .prop_map(|text| (text.clone(), text, Vec::new()));
    let bind = "[a-z_][a-z0-9_]{0,8}".prop_map(|name| (format!(" :{name} "), " ? ".to_owned(), vec![name]));
    let comment = prop_oneof![
        "-- [^\n\0]{0,12}\n".prop_map(|text| (text, " \n".to_owned())),
        "#[^\n\0]{0,12}\n".prop_map(|text| (text, " \n".to_owned())),
        "/\\* [^*/\n\0]{0,12}\\*/".prop_map(|text| (text, " ".to_owned())),
    ]
    .prop_map(|(text, sent)| (text, sent, Vec::new()));
    prop_oneof![4 => text, 2 => bind, 1 => comment]
}

proptest! {
    #[test]
    fn text_outside_parameters_and_comments_is_unchanged(
        stretches in proptest::collection::vec(stretch(), 0..20),
        ending in prop_oneof![Just(""), Just(";"), Just(" ; -- end")],
    ) {
        let joined: String = stretches.iter().flat_map(|(text, _, _)| ["\n", text]).collect();
        let expected: String = stretches.iter().flat_map(|(_, sent, _)| ["\n", sent]).collect();
        let bound: Vec<_> = stretches.iter().flat_map(|(_, _, names)| names.clone()).collect();
        let statement = Statement::parse(&format!("SELECT{joined}\n{ending}")).map_err(|fault| {
            TestCaseError::fail(fault.to_string())
        })?;
        let sent = statement.positional(&[]);
        let expected = format!("SELECT{expected}");
        prop_assert_eq!(sent.trim_end(), expected.trim_end());
        prop_assert_eq!(statement.binds().iter().map(|bind| bind.name.to_string()).collect::<Vec<_>>(), bound);
    }

    #[test]
    fn no_text_panics(text in "\\PC*|[-:;?#@$'\"`/*\\\\ a\n\0]{0,30}") {
        if let Ok(statement) = Statement::parse(&text) {
            statement.positional(&[2, 0]);
            statement.offset_in_file(&[], 3);
        }
        let query = format!("SELECT {text}");
        if let Ok(statement) = Statement::parse(&query) {
            prop_assert!(!statement.positional(&[]).contains('\0'));
        }
    }
}
