use proptest::prelude::*;

use super::super::check_object;
use super::*;

/// Line, column and words of each problem.
fn told(text: &str) -> Vec<String> {
    let tell = |problem: SyntaxProblem| format!("{}:{} {}", problem.line, problem.column, problem.reason);
    problems(text, 100).into_iter().map(tell).collect()
}

/// The text after the fixes of its problems, each found anew.
fn mended(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..20 {
        let Some(fix) = problems(&text, 100).into_iter().find_map(|problem| problem.fix) else { break };
        text.replace_range(fix.span.start..fix.span.end, &fix.replacement);
    }
    text
}

#[test]
fn one_slip_is_one_problem_with_its_own_words() {
    let cases = [
        ("{\n  \"a\": 1\n  \"b\": 2,\n  \"c\": 3\n}", "3:3 a comma is missing before this"),
        ("[", "1:1 this bracket is never closed"),
        ("{\"a\": [1 2, 3]}", "1:10 a comma is missing before this"),
        ("{\"a\" 1, \"b\": 2}", "1:6 a colon is missing between name and value"),
        ("{\"a\" = 1, \"b\": 2}", "1:6 a colon stands between name and value"),
        ("{\"a\": \"x,\n \"b\": 2}", "1:7 this string has no closing quote on its line"),
        ("{\"a: 1,\n \"b\": 2}", "1:2 this string has no closing quote on its line"),
        ("{\"a\": x\", \"b\": 2}", "1:7 the opening quote is missing"),
        ("{a\": 1, \"b\": 2}", "1:2 the opening quote is missing"),
        ("{a: 1, \"b\": 2}", "1:2 a member's name must be in double quotes"),
        ("{my name: 1, \"b\": 2}", "1:2 a member's name must be in double quotes"),
        ("{\"a\": some text here, \"b\": 2}", "1:7 a text must be in double quotes"),
        ("{x\n\"a\": 1}", "1:2 only a member's name may stand here"),
        ("{\"a\": [1, 2,\n \"b\": {}, \"c\": 3}", "1:7 this bracket is never closed"),
        ("{\"a\": [1, {\"b\": 2, true]}", "1:11 this bracket is never closed"),
        ("{\"a\": [{\"b\": 2, {\"c\": 3}]}", "1:8 this bracket is never closed"),
        ("{'a': 1}", "1:2 JSON strings take double quotes"),
        ("{\"a\": 'it\\'s \"x\"', \"b\": 2}", "1:7 JSON strings take double quotes"),
        ("{\"a\": 1,}", "1:8 no comma may stand before the end of an object"),
        ("{\"a\": [1,\n]}", "1:9 no comma may stand before the end of an array"),
        ("{\"a\": 1,, \"b\": 2}", "1:9 one comma too many"),
        ("{\"a\":: 1}", "1:6 one colon too many"),
        ("{ // why\n \"a\": 1}", "1:3 JSON has no comments"),
        ("{\"a\": 1 # why\n}", "1:9 JSON has no comments"),
        ("{\"a\": /* why\n */ 1}", "1:7 JSON has no comments"),
        ("{\"a\": NaN}", "1:7 the receiver takes NaN and Infinity, most other readers refuse them"),
        ("{\"a\": True}", "1:7 JSON spells this word another way"),
        ("{\"a\": None, \"b\": 2}", "1:7 JSON spells this word another way"),
        ("{\"a\": 007, \"b\": .5}", "1:7 not a number as JSON writes it"),
        ("{\"a\": \"x\ty\"}", "1:9 a control character must be escaped in a string"),
        ("{\"a\": \"C:\\dir\"}", "1:10 unknown escape"),
        ("{\"a\": \"say \"x\" to\", \"b\": 2}", "1:13 this cannot stand behind a value"),
        ("{\"a\": {\"b\": 1}, \"c\": 2", "1:1 this bracket is never closed"),
        ("{\n  \"a\": {\n    \"b\": 1,\n  \"c\": 2\n}", "2:8 this bracket is never closed"),
        ("{\"a\": [1, 2}", "1:7 this bracket is never closed"),
        ("{\"a\": [1}, \"b\": 2}", "1:9 this does not match the bracket opened at line 1, column 7"),
        ("{\"a\": 1}}", "1:9 this bracket closes nothing"),
        ("{\"a\": 1} {\"b\": 2}", "1:10 nothing may follow the end of the object"),
        ("{\"a\": , \"b\": 2}", "1:7 a value is missing here"),
        ("{\"a\"}", "1:5 a colon and a value are missing after the name"),
        ("{: 1}", "1:2 a member's name is missing before this"),
        ("[1]", "1:1 a JSON object is expected, this is another kind of value"),
        (" ", "1:2 the text is empty; a JSON object is expected"),
        ("\u{feff}{}", "1:1 a byte order mark, which the receiver cannot read in a file"),
        (
            "{\"a\": 1,\n \"b\": 2, \"\\u0061\": 3}",
            "2:10 this name is there already, at line 1, column 2; the receiver reads the last one",
        ),
    ];
    for (text, words) in cases {
        let told = told(text);
        assert!(told[0].starts_with(words), "{text:?}: {told:?}");
        let slips = if text.contains("007") { 2 } else { 1 };
        assert_eq!(told.len(), slips, "{text:?}: {told:?}");
    }
}

#[test]
fn several_slips_are_several_problems() {
    let text = "{\n  'a': 1\n  b: True, // no\n  \"c\": [1, 2,],\n}";
    let found = told(text);
    assert_eq!(found.len(), 7, "{found:#?}");
    assert_eq!(mended(text), "{\n  \"a\": 1,\n  \"b\": true,\n  \"c\": [1, 2]\n}");
    assert_eq!(problems(text, 3).len(), 3, "no more than are wanted");
}

#[test]
fn fixes_mend() {
    for (text, after) in [
        ("{\"a\": 1 \"b\": 2}", "{\"a\": 1, \"b\": 2}"),
        ("{\"a\" 1}", "{\"a\": 1}"),
        ("{\"a\" = 1}", "{\"a\" : 1}"),
        ("{\"a\": \"x,\n\"b\": 2}", "{\"a\": \"x\",\n\"b\": 2}"),
        ("{\"a\": -007.}", "{\"a\": -7.0}"),
        ("{\"a\": +.5}", "{\"a\": 0.5}"),
        ("{\"a\": 'it\\'s \"x\"'}", "{\"a\": \"it's \\\"x\\\"\"}"),
        ("{\"a\": \"C:\\dir\"}", "{\"a\": \"C:\\\\dir\"}"),
        ("{\"a\": \"x\ty\"}", "{\"a\": \"x\\ty\"}"),
        ("{\"a\": [1, 2}", "{\"a\": [1, 2]}"),
        ("{\"a\": [1, 2,\n \"b\": {}}", "{\"a\": [1, 2],\n \"b\": {}}"),
        ("{\"a\": 1", "{\"a\": 1\n}"),
        ("{\"a\": 1},", "{\"a\": 1}"),
        ("\u{feff}{}", "{}"),
        ("", "{}"),
    ] {
        assert_eq!(mended(text), after, "{text:?}");
        assert!(check_object(after).is_ok());
    }
}

#[test]
fn what_says_what_could_stand_there_says_it() {
    let expected = |text: &str| problems(text, 9)[0].expected;
    assert_eq!(expected("{\"a\": 1 \"b\": 2}"), "\",\" or \"}\"");
    assert_eq!(expected("{\"a\" 1}"), ":");
    assert_eq!(expected("{\"a\": }"), "\", {, [, a number, true, false or null");
}

fn errors(text: &str) -> usize {
    problems(text, 50).iter().filter(|problem| problem.severity == Severity::Error).count()
}

proptest! {
    #[test]
    fn errors_are_found_exactly_where_it_is_no_object(
        text in r#"(?s)([\[\]{}:,"\\ab01 .'#/*=\n\t\u{feff}-]|"a"|"b": |true|\{"a": 1|None){0,14}"#
    ) {
        prop_assert_eq!(errors(&text) == 0, check_object(&text).is_ok(), "{}", text);
    }

    #[test]
    fn objects_have_none_and_one_character_less_has_some_or_is_one(
        at in 0usize..200,
        text in r#"\{"a": \[1, \{"b": "x"\}, (true|null|"\\\\n")\],\n "c": \{\}, "d": -1\.5e3\}"#
    ) {
        prop_assert_eq!(errors(&text), 0);
        let mut cut = text.clone();
        let gone = cut.remove(at % text.len());
        prop_assert_eq!(errors(&cut) == 0, check_object(&cut).is_ok(), "{}", cut);
        // Without the bracket that says what is in it, names and values look like each other; without a
        // quote, the rest of its line is inside out.
        prop_assert!(errors(&cut) <= 2 || "{[\"".contains(gone), "{} {:?}", cut, told(&cut));
    }

    #[test]
    fn places_are_in_the_text(text in r#"(?s)[\[\]{}:,"\\aé1 '#/\n]{0,40}"#) {
        for problem in problems(&text, 50) {
            prop_assert!(text.get(problem.span.start..problem.span.end).is_some(), "{:?}", problem);
            prop_assert_eq!((problem.line, problem.column), super::super::line_column(&text, problem.span.start));
            if let Some(fix) = problem.fix {
                prop_assert!(text.get(fix.span.start..fix.span.end).is_some());
            }
        }
    }
}
