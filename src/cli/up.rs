//! `pressroom up`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use secrecy::ExposeSecret as _;

use super::{global::Global, output};
use crate::{
    app::{self, App, Schema},
    config::{Config, KeyConfig, Overrides, Section},
    demo,
    http::Door,
    telemetry,
};

/// The file of the key that was made at the first start.
const KEY_FILE: &str = "api-key";

/// Runs everything in one process: API, pages, workers and upkeep.
///
/// Keeps its queue, source and catalog as SQLite files and its artifacts as a folder, all in one data folder; at the
/// first start it loads the demo clinic and makes a key to sign in with. Set a PRESSROOM_…_URL to use a service instead
/// of the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pressroom up
  pressroom up --data-dir /var/lib/pressroom --listen 0.0.0.0:8080")]
pub(super) struct Args {
    /// Where to listen (PRESSROOM_LISTEN) [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Jobs at a time (PRESSROOM_CONCURRENCY) [default: the number of cores].
    #[arg(long, value_name = "N")]
    concurrency: Option<String>,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let own = Overrides { listen: self.listen, concurrency: self.concurrency, ..Overrides::default() };
        let data_dir = global.data_dir();
        let config = global.config(own)?;
        let own_source = config.has(Section::Source);
        let mut config = config.embedded(data_dir);
        telemetry::init(&config.logging, &config.telemetry).map_err(anyhow::Error::from_boxed)?;
        config.warnings.iter().for_each(output::fault);
        std::fs::create_dir_all(data_dir).with_context(|| format!("can't make the folder {}", data_dir.display()))?;
        if !own_source {
            load_demo(&config).await?;
        }
        let made = own_key(&mut config, data_dir)?;
        let sections = [Section::Queue, Section::Source, Section::Catalog, Section::Store];
        let stop = app::stop_on_signal();
        let app = App::connect_in_time(config, &sections, Schema::Migrate, &stop.asked, &Door::default()).await?;
        let Some(app) = app else { return Ok(ExitCode::SUCCESS) };
        app.require_reports()?;
        let listener = app.listen().await?;
        greet(&listener.local_addr()?.to_string(), &made)?;
        let asked = stop.asked.clone();
        tokio::try_join!(app.serve(listener, asked.clone()), app.work(stop), app.upkeep(asked))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Fills the data folder's own source at the first start.
async fn load_demo(config: &Config) -> anyhow::Result<()> {
    let database = &config.source()?.database;
    let url = database.url();
    if demo::is_loaded(url.expose_secret()).await? {
        return Ok(());
    }
    eprintln!("loading the demo clinic into {database} …");
    demo::load(url.expose_secret(), demo::DEFAULT_PATIENTS, &mut |_| {}).await?;
    Ok(())
}

/// How to sign in.
enum Key {
    Configured,
    Kept(PathBuf),
    Made(PathBuf, String),
}

/// Adds the data folder's own key to the configuration, making it at the first start.
fn own_key(config: &mut Config, data_dir: &Path) -> anyhow::Result<Key> {
    if config.has(Section::Keys) {
        return Ok(Key::Configured);
    }
    let file = data_dir.join(KEY_FILE);
    let named = || format!("the key file {}", file.display());
    let (key, secret) = if file.exists() {
        (Key::Kept(file.clone()), std::fs::read_to_string(&file).with_context(named)?)
    } else {
        let secret = new_key();
        write_private(&file, &secret).with_context(named)?;
        (Key::Made(file, secret.clone()), secret)
    };
    config.keys.push(KeyConfig::for_all("up", secret.trim(), "default".parse()?));
    Ok(key)
}

fn new_key() -> String {
    let bytes: [u8; 24] = rand::random();
    format!("pr_{}", hex::encode(bytes))
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn greet(address: &str, key: &Key) -> anyhow::Result<()> {
    output::line(&format!("\n  Pressroom is ready at http://{address}/"))?;
    match key {
        Key::Configured => output::line("  Sign in with one of your configured keys.\n"),
        Key::Kept(file) => output::line(&format!("  Sign in with the key in {}\n", file.display())),
        Key::Made(file, secret) => {
            output::line(&format!("  Sign in with the key {secret}\n  (shown this once; kept in {})\n", file.display()))
        }
    }
}
