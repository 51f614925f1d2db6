//! Precedence, faults and secrecy, over made-up surroundings.

use std::{fs, time::Duration};

use expect_test::{Expect, expect};
use secrecy::ExposeSecret;

use super::*;
use crate::{identity::Roles, job::Lane};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn load(variables: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
    Config::load(&Environment::of(variables.iter().copied()), &Overrides::default())
}

fn shown(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

fn check_faults(variables: &[(&str, &str)], expected: Expect) {
    let faults = load(variables).expect_err("faults");
    expected.assert_eq(&shown(&faults));
}

/// Loads a file; its folder's name is cut from the faults.
fn load_file(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pressroom.toml");
    fs::write(&path, text).expect("written");
    let overrides = Overrides { config: Some(path.display().to_string()), ..Overrides::default() };
    Config::load(&Environment::of(variables.iter().copied()), &overrides)
        .map_err(|faults| shown(&faults).replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn nothing_set_gives_the_defaults_and_open_connections() {
    let config = load(&[]).expect("valid");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.http.probe_listen, None);
    assert_eq!(config.worker.concurrency, 2);
    assert_eq!(config.worker.name, "host-1");
    assert_eq!(config.worker.heartbeat(), Duration::from_secs(10));
    assert_eq!(config.paths.jobs, Path::new("jobs"));
    assert_eq!(config.logging.format, LogFormat::Json);
    let missing = config.require(&[Section::Queue, Section::Source, Section::Keys]).expect_err("not set");
    expect![[r#"
        error: PRESSROOM_QUEUE_URL is not set
          help: for example redis://127.0.0.1:6379
        error: PRESSROOM_SOURCE_URL is not set
          help: for example mysql://reports@127.0.0.1:3306/clinic
        error: PRESSROOM_API_KEY is not set
          help: for example what `openssl rand -hex 32` prints
    "#]]
    .assert_eq(&shown(&missing));
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = "[http]\nlisten = \"127.0.0.1:1\"\nprobe_listen = \"127.0.0.1:2\"\n[worker]\nconcurrency = 7\n";
    let config = load_file(file, &[("PRESSROOM_LISTEN", "127.0.0.1:3")]).expect("valid");
    assert_eq!(config.http.listen.port(), 3);
    assert_eq!(config.http.probe_listen.map(|address| address.port()), Some(2));
    assert_eq!(config.worker.concurrency, 7);

    let overrides = Overrides { listen: Some("localhost:4".into()), ..Overrides::default() };
    let config = Config::load(&Environment::of([("PRESSROOM_LISTEN", "127.0.0.1:3")]), &overrides).expect("valid");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:4");
}

#[test]
fn limits_have_defaults_and_maxima() {
    let none = load_file("", &[]).expect("valid");
    assert_eq!(none.limits, LimitsConfig::default());
    let file = "[limits]\nrows = 1000\nbytes = 5000\nmax_rows = 2000\ntime = \"30s\"\n";
    let config = load_file(file, &[("PRESSROOM_MAX_ROWS", "3000"), ("PRESSROOM_MAX_TIME", "1h")]).expect("valid");
    assert_eq!(config.limits.rows, Allowed { default: Some(1000), most: Some(3000) });
    assert_eq!(config.limits.bytes, Allowed { default: Some(5000), most: None });
    assert_eq!(
        config.limits.time.default.zip(config.limits.time.most),
        Some((Duration::from_secs(30), Duration::from_secs(3600)))
    );
    let faulty =
        "[limits]\nrows = 0\npages = \"many\"\nbytes = 10\nmax_bytes = 9\ntime = \"2d\"\nmax_time = \"10ms\"\n";
    expect![[r#"
        pressroom.toml:2:8: error: `limits.rows` must be a whole number from 1 to 1000000000
        pressroom.toml:3:9: error: `limits.pages` must be a whole number from 1 to 5000000
        pressroom.toml:4:9: error: `limits.bytes` must not be more than `limits.max_bytes`
        pressroom.toml:6:8: error: `limits.time` must be a number with a unit: ms, s, m or h
          help: for example "30s"
        pressroom.toml:7:12: error: `limits.max_time` must be between 1s and 86400s
    "#]]
    .assert_eq(&load_file(faulty, &[]).expect_err("faults"));
}

#[test]
fn every_fault_is_listed_and_none_shows_a_value() {
    check_faults(
        &[
            ("PRESSROOM_QUEUE_URL", "http://:hunter2@redis"),
            ("PRESSROOM_SOURCE_URL", "mysql://u:hunter2@db/clinic?tls=hunter2"),
            ("PRESSROOM_CATALOG_URL", "mysql://u:hunter2@db"),
            ("PRESSROOM_STORE_URL", "https://a.blob.core.windows.net/?sig=hunter2"),
            ("PRESSROOM_STORE_ACCOUNT_KEY", "hunter2!"),
            ("PRESSROOM_API_KEY", "hunter2"),
            ("PRESSROOM_LISTEN", "hunter2"),
            ("PRESSROOM_CONCURRENCY", "0"),
            ("PRESSROOM_LOG_FORMAT", "hunter2"),
        ],
        expect![[r#"
            error: PRESSROOM_CONCURRENCY must be a whole number from 1 to 1000
            error: PRESSROOM_QUEUE_URL must begin with redis://, rediss:// or sqlite://
              help: for example redis://127.0.0.1:6379 or sqlite://data/queue.db
            error: PRESSROOM_SOURCE_URL must not have the unknown option `tls`
              help: there is ssl-mode, ssl-ca, ssl-cert, ssl-key, socket, statement-cache-capacity
            error: PRESSROOM_CATALOG_URL must name a database
              help: for example mysql://reports:password@db.example.org:3306/clinic?ssl-mode=VERIFY_IDENTITY
            error: PRESSROOM_STORE_ACCOUNT_KEY must be base64, as Azure shows it
            error: PRESSROOM_STORE_URL must end with the name of a container
              help: for example https://account.blob.core.windows.net/reports, or http://127.0.0.1:10000/devstoreaccount1/reports for Azurite
            error: PRESSROOM_LISTEN must be an IP address and a port
              help: for example 127.0.0.1:8080 or [::]:8080
            error: PRESSROOM_API_KEY must have at least 20 characters
              help: make one with `openssl rand -hex 32`
            error: PRESSROOM_LOG_FORMAT must be text or json
        "#]],
    );
}

#[test]
fn faults_in_the_file_have_a_place_and_a_suggestion() {
    let text = r#"
[queu]
url = "redis://127.0.0.1"
[worker]
concurency = 3
lease = "1s"
grace = 1979-05-27
[http]
listen = "nowhere"
behind_proxy = "perhaps"
[[keys]]
id = "web"
key = "hunter2-hunter2-hunter2"
tenant = "Not A Name"
"#;
    let faults = load_file(text, &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:2:2: error: `queu` is not a section
          help: did you mean `queue`?
        pressroom.toml:5:1: error: `concurency` is not a key of `worker`
          help: did you mean `concurrency`?
        pressroom.toml:7:9: error: `worker.grace` is not of a type that fits
        pressroom.toml:6:9: error: `worker.lease` must be between 3s and 600s
        pressroom.toml:9:10: error: `http.listen` must be an IP address and a port
          help: for example 127.0.0.1:8080 or [::]:8080
        pressroom.toml:10:16: error: `http.behind_proxy` must be true or false
        pressroom.toml:14:10: error: `tenant` must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit
          help: for example "default"
        pressroom.toml:11:1: error: a key has no `roles`
          help: for example roles = ["request", "read"], or "all"
    "#]]
    .assert_eq(&faults);
}

#[test]
fn the_queue_is_shared_as_the_file_says() {
    let text = r#"
[queue]
url = "redis://127.0.0.1"
weights = { interactive = 8, bulk = 2 }
running = 200
running_per_tenant = 20
waiting_per_tenant = 5_000
bytes_per_tenant = "64MiB"
[queue.tenants]
north = 2
"#;
    let policy = load_file(text, &[]).expect("valid").policy;
    assert_eq!(policy.weights.into_iter().collect::<Vec<_>>(), [(Lane::Interactive, 8), (Lane::Bulk, 2)]);
    assert_eq!((policy.running, policy.running_per_tenant), (Some(200), Some(20)));
    assert_eq!(policy.running_of_tenant.get(&"north".parse().expect("a name")), Some(&2));
    assert_eq!((policy.waiting_per_tenant, policy.bytes_per_tenant), (Some(5_000), Some(64 << 20)));
    assert_eq!(load(&[]).expect("valid").policy, PolicyConfig::default());
}

#[test]
fn faults_in_the_sharing_name_their_key() {
    let text = r#"
[queue]
weights = { interactive = 0, slow = 1, bulk = "heavy" }
running = 0
running_per_tenant = true
waiting_per_tenant = -1
bytes_per_tenant = "1kB"
tenants = 3
"#;
    let faults = load_file(text, &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:3:27: error: `queue.weights.interactive` must be a whole number from 1 to 100
        pressroom.toml:3:30: error: a name in `queue.weights` must be interactive, standard or bulk
        pressroom.toml:3:47: error: `queue.weights.bulk` must be a whole number from 1 to 100
        pressroom.toml:4:11: error: `queue.running` must be a whole number from 1 to 1000000
        pressroom.toml:5:22: error: `queue.running_per_tenant` must be a whole number from 1 to 1000000
        pressroom.toml:8:11: error: `queue.tenants` must be a table
          help: for example tenants = { north = 2 }
        pressroom.toml:6:22: error: `queue.waiting_per_tenant` must be a whole number from 1 to 1000000000
        pressroom.toml:7:20: error: `queue.bytes_per_tenant` must be between 1MiB and 1024GiB
          help: for example "256MiB", or a number of bytes
    "#]]
    .assert_eq(&faults);
    let faults = load_file("[queue]\nrunning = { north = 2 }\n[queue.tenants]\nA = 1\n", &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:2:11: error: `queue.running` must be one value, not a table
        pressroom.toml:4:1: error: a name in `queue.tenants` must be 1 to 63 characters of a-z, 0-9, '-' and '_', and start with a letter or digit
    "#]]
    .assert_eq(&faults);
}

#[test]
fn a_file_that_is_no_toml_is_refused_without_showing_it() {
    let faults = load_file("[queue]\nurl = \"redis://:hunter2@h\n", &[]).expect_err("faults");
    assert!(faults.starts_with("pressroom.toml:2:"), "{faults}");
    assert!(!faults.contains("hunter2"), "{faults}");
    check_faults(
        &[("PRESSROOM_CONFIG", "/nowhere/pressroom.toml")],
        expect![[r#"
            /nowhere/pressroom.toml: error: the configuration can't be read: No such file or directory (os error 2)
        "#]],
    );
}

#[test]
fn wrong_shapes_in_the_file_are_named() {
    let faults = load_file("keys = 1\nqueue = 2\n[store]\nurl = [\"a\"]\n", &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:1:1: error: `keys` must be a list of tables
          help: write [[keys]]
        pressroom.toml:2:1: error: `queue` must be a table
          help: write [queue] once
        pressroom.toml:4:7: error: `store.url` must be one value, not a list
    "#]]
    .assert_eq(&faults);
}

#[test]
fn unknown_variables_are_warned_about() {
    let config = load(&[
        ("PRESSROOM_QUEUE_URI", "x"),
        ("PRESSROOM_LISTEN_FILE", "x"),
        ("PRESSROOM_TEST_REDIS_URL", "x"),
        ("PRESSROOM_SERVICE_HOST", "x"),
        ("PRESSROOM_PORT_8080_TCP", "x"),
    ])
    .expect("valid");
    expect![[r#"
        warning: the variable PRESSROOM_LISTEN_FILE is not known and has no effect
          help: did you mean PRESSROOM_LISTEN?
        warning: the variable PRESSROOM_QUEUE_URI is not known and has no effect
          help: did you mean PRESSROOM_QUEUE_URL?
    "#]]
    .assert_eq(&shown(&config.warnings));
}

#[test]
fn a_queues_authority_is_a_file_and_for_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    fs::write(&path, "").expect("written");
    let path = path.display().to_string();
    let set = |url| [("PRESSROOM_QUEUE_URL", url), ("PRESSROOM_QUEUE_AUTHORITY", path.as_str())];

    let config = load(&set("rediss://redis")).expect("valid");
    let QueueConfig::Redis { authority, .. } = config.queue().expect("set") else { panic!("not Redis") };
    assert_eq!(authority.as_ref().map(|file| file.display().to_string()), Some(path.clone()));
    for url in ["redis://redis", "sqlite://queue.db"] {
        let faults = shown(&load(&set(url)).expect_err("no TLS"));
        assert!(faults.contains("PRESSROOM_QUEUE_AUTHORITY is for a queue"), "{faults}");
    }
    let nowhere = [("PRESSROOM_QUEUE_URL", "rediss://redis"), ("PRESSROOM_QUEUE_AUTHORITY", "/nowhere.pem")];
    assert!(shown(&load(&nowhere).expect_err("no file")).contains("must be a file"));
}

#[test]
fn a_secret_may_come_from_a_file_but_not_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("queue-url");
    fs::write(&path, "redis://:hunter2@redis:6379/3\n").expect("written");
    let path = path.display().to_string();

    let config = load(&[("PRESSROOM_QUEUE_URL_FILE", path.as_str())]).expect("valid");
    let QueueConfig::Redis { url, .. } = config.queue().expect("set") else { panic!("not Redis") };
    assert_eq!(url.expose_secret(), "redis://:hunter2@redis:6379/3");

    check_faults(
        &[("PRESSROOM_QUEUE_URL_FILE", path.as_str()), ("PRESSROOM_QUEUE_URL", "redis://other")],
        expect![[r#"
            error: PRESSROOM_QUEUE_URL and PRESSROOM_QUEUE_URL_FILE are both set
              help: keep one of them
        "#]],
    );
    check_faults(
        &[("PRESSROOM_API_KEY_FILE", "/nowhere")],
        expect![[r#"
            error: PRESSROOM_API_KEY_FILE names a file that can't be read: /nowhere (No such file or directory (os error 2))
        "#]],
    );
    let config = load_file(&format!("[queue]\nurl_file = \"{path}\"\n"), &[]).expect("valid");
    assert!(config.has(Section::Queue));
}

#[test]
fn no_secret_is_in_what_debug_or_display_show() {
    let config = load(&[
        ("PRESSROOM_QUEUE_URL", "rediss://user:hunter2@redis:6380/1"),
        ("PRESSROOM_SOURCE_URL", "mysql://user:hunter2@db:3306/clinic?ssl-mode=REQUIRED"),
        ("PRESSROOM_STORE_URL", "https://account.blob.core.windows.net/reports?sv=1&sig=hunter2"),
        ("PRESSROOM_CATALOG_URL", "sqlite://data/catalog.db"),
        ("PRESSROOM_API_KEY", "hunter2-hunter2-hunter2"),
    ])
    .expect("valid");
    let debug = format!("{config:?}");
    assert!(!debug.contains("hunter2"), "{debug}");
    assert_eq!(config.queue().expect("set").to_string(), "rediss://redis:6380/1");
    assert_eq!(config.source().expect("set").database.to_string(), "mysql://db:3306/clinic");
    assert_eq!(config.catalog().expect("set").database.to_string(), "sqlite file data/catalog.db");
    assert_eq!(config.store().expect("set").to_string(), "https://account.blob.core.windows.net/reports");
}

#[test]
fn stores_are_containers_or_folders() {
    let store =
        |url: &str| load(&[("PRESSROOM_STORE_URL", url)]).map(|config| config.store().expect("set").to_string());
    for (url, shown) in [
        ("http://127.0.0.1:10000/devstoreaccount1/reports", "http://127.0.0.1:10000/devstoreaccount1/reports"),
        ("https://a.blob.core.windows.net/reports", "https://a.blob.core.windows.net/reports"),
        ("https://files.example.org/reports", "https://files.example.org/reports"),
        ("file:///var/lib/press%20room", "folder /var/lib/press room"),
        ("file://data/artifacts", "folder data/artifacts"),
    ] {
        assert_eq!(store(url).as_deref(), Ok(shown));
    }
    for url in [
        "http://a.blob.core.windows.net/reports",
        "https://a.blob.core.windows.net/reports/deep",
        "https://a.blob.core.windows.net/Reports",
        "https://a.blob.core.windows.net/reports?comp=list",
        "https://user:word@a.blob.core.windows.net/reports",
        "file://",
        "s3://bucket",
        "reports",
    ] {
        assert!(store(url).is_err(), "{url}");
    }
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let key = "a2V5";
    check_faults(
        &[
            ("PRESSROOM_STORE_URL", "https://a.blob.core.windows.net/reports?sig=x"),
            ("PRESSROOM_STORE_ACCOUNT_KEY", key),
            ("PRESSROOM_QUEUE_URL", "sqlite://one.db"),
            ("PRESSROOM_CATALOG_URL", "sqlite://one.db"),
        ],
        expect![[r#"
            error: PRESSROOM_STORE_ACCOUNT_KEY must not be set beside a URL that is signed itself (SAS)
              help: keep one of them
            error: PRESSROOM_CATALOG_URL must be another file than the queue's
        "#]],
    );
    let faults = load_file("[source]\nconnections = 4\n[worker]\nconcurrency = 4\n", &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:2:15: error: `source.connections` must be a whole number of at least 5
          help: one for each of `worker.concurrency` attempts and one for probes
    "#]]
    .assert_eq(&faults);
}

#[test]
fn keys_come_from_the_environment_and_the_file() {
    let text = r#"
[[keys]]
id = "web-app"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
tenant = "north"
roles = ["request", "read"]
"#;
    let config = load_file(text, &[("PRESSROOM_API_KEY", KEY)]).expect("valid");
    let [first, second] = &config.keys[..] else { panic!("two keys") };
    assert_eq!((first.tenant.as_str(), &first.roles), ("default", &Roles::All));
    assert_eq!((second.id.as_str(), second.tenant.as_str()), ("web-app", "north"));
    assert_eq!(second.roles, Roles::Only(vec!["request".into(), "read".into()]));

    let twice = format!("{text}{text}key = \"{KEY}\"\n");
    let faults = load_file(&twice, &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:8:1: error: a key is given in 2 ways
          help: give one of `key`, `key_file` and `sha256`
    "#]]
    .assert_eq(&faults);
    let faults = load_file(&format!("{text}{text}"), &[]).expect_err("faults");
    expect![[r#"
        pressroom.toml:8:1: error: there are two keys with the id `web-app`
          help: give each its own
    "#]]
    .assert_eq(&faults);
}

#[test]
fn what_is_not_set_is_embedded_in_the_data_folder() {
    let config = load(&[("PRESSROOM_QUEUE_URL", "redis://127.0.0.1:6379")]).expect("valid").embedded(Path::new("data"));
    config.require(&[Section::Queue, Section::Source, Section::Catalog, Section::Store]).expect("all set");
    assert_eq!(config.queue().expect("set").to_string(), "redis://127.0.0.1:6379");
    assert_eq!(config.source().expect("set").database.to_string(), "sqlite file data/source.db");
    assert_eq!(config.source().expect("set").connections, 3);
    assert_eq!(config.store().expect("set").to_string(), "folder data/artifacts");
}

#[test]
fn traces_go_where_the_standards_variable_says() {
    let config = load(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")]).expect("valid");
    assert_eq!(config.telemetry.otlp_endpoint.expect("set").expose_secret(), "http://collector:4318");
    assert_eq!((config.telemetry.service_name.as_str(), config.telemetry.tenant_label), ("pressroom", false));
    assert!(load(&[]).expect("valid").telemetry.otlp_endpoint.is_none());
    check_faults(
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")],
        expect![[r#"
            error: OTEL_EXPORTER_OTLP_ENDPOINT must be the address of a collector that takes OTLP over HTTP
              help: for example http://127.0.0.1:4318; /v1/traces is added to it
        "#]],
    );
}

#[test]
fn pools_and_threads_follow_the_slots() {
    let worker = |text: &str| load_file(text, &[]).expect("valid").embedded(Path::new("data"));
    let config = worker("[worker]\nconcurrency = 64\nstall = \"90s\"\n");
    assert_eq!((config.worker.render_threads, config.worker.stall), (2, Duration::from_secs(90)), "as many as cores");
    let connections = (config.source().expect("set").connections, config.catalog().expect("set").connections);
    assert_eq!(connections, (65, 16));
    assert_eq!(worker("[worker]\nrender_threads = 3\n").worker.render_threads, 3);
}
