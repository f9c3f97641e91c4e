//! The Settings tab over real files: why a value is what it is, a change as it comes, what is refused, and that no
//! secret is drawn.

use std::fs;

use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::Terminal;

const APPLICATION: &str = r#"
name = "billing"
[[layers]]
kind = "file"
path = "app.json"
debounce = "10ms"
[[layers]]
kind = "runtime"
path = "runtime.json"
[settings."database.pool_size"]
type = "integer"
default = 5
min = 1
max = 100
[settings."database.password"]
"#;

struct Billing {
    files: Files,
    folder: std::path::PathBuf,
}

impl Billing {
    fn new(application: &str) -> Self {
        let files = Files::new("{}\n");
        let folder = files.home.write("work/app.toml", application).parent().unwrap().to_owned();
        let app = "{\n  \"database\": {\"pool_size\": 10, \"password\": \"planted-in-a-file\"}\n}\n";
        files.home.write("work/app.json", app);
        fs::write(folder.join("runtime.json"), "{\"database\": {\"pool_size\": 20}}\n").unwrap();
        Self { files, folder }
    }

    fn open(&self, columns: u16, rows: u16) -> Terminal {
        let program = Program::confdeck(["--app", "app.toml"]).at_home(&self.files.home);
        let mut terminal = Terminal::open(program, columns, rows);
        terminal.wait_for("8 Settings");
        terminal.keys("8");
        terminal
    }
}

#[test]
fn the_ladder_says_why_and_a_change_comes_by_itself() {
    let billing = Billing::new(APPLICATION);
    let mut terminal = billing.open(120, 40);
    terminal.wait_for("database.pool_size");
    terminal.keys("down");
    let screen = terminal.wait_for("runtime.json:1:");
    assert!(
        screen.has("● runtime") && screen.has("○ app.json") && screen.has("○ defaults"),
        "{}",
        screen.framed()
    );
    assert!(
        screen.has("1 to 100") && screen.has("••••••••") && !screen.has("planted"),
        "{}",
        screen.framed()
    );
    fs::write(billing.folder.join("runtime.json"), "{\"database\": {\"pool_size\": 30}}\n").unwrap();
    terminal.wait_for("20 → 30 (runtime)");
    // A value that its declaration refuses changes nothing, and is told with its place.
    fs::write(billing.folder.join("runtime.json"), "{\"database\": {\"pool_size\": 300}}\n").unwrap();
    let screen = terminal.wait_for("newer values are refused");
    assert!(screen.has("1≠") && !screen.has("300"), "{}", screen.framed());
    fs::write(billing.folder.join("runtime.json"), "{}\n").unwrap();
    terminal.wait_for("● app.json");
    terminal.keys("6");
    let screen = terminal.wait_for("application app.toml");
    assert!(screen.has("runtime") && screen.has("defaults"), "{}", screen.framed());
}

#[test]
fn a_file_with_mistakes_is_told_and_read_again() {
    let billing = Billing::new(&APPLICATION.replace("max = 100", "max = 0"));
    let mut terminal = billing.open(80, 24);
    terminal.wait_for("app.toml cannot be opened");
    terminal.wait_for("max is less than min");
    billing.files.home.write("work/app.toml", APPLICATION);
    terminal.keys("ctrl-r");
    terminal.wait_for("database.pool_size");
    terminal.keys("/");
    terminal.type_text("is:shad");
    terminal.keys("tab enter");
    let screen = terminal.wait_for("/is:shadowed");
    assert!(screen.has("database.pool_size") && !screen.has("database.password"), "{}", screen.framed());
}

#[test]
fn without_an_application_there_is_no_such_tab() {
    let files = Files::new("{}\n");
    let mut terminal = files.open(120, 40);
    terminal.keys("8");
    terminal.keys(":");
    terminal.type_text("settings");
    terminal.keys("enter");
    let screen = terminal.wait_for("no command is called");
    assert!(!screen.has("8 Settings"), "{}", screen.framed());
}
