//! Processes that this test starts, and only those does it ever stop, by their process ids: a Redis and a MariaDB of its
//! own, workers, and `upkeep`.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that ends with the test, however that ends.
pub(crate) struct Process {
    name: String,
    log: PathBuf,
    make: Box<dyn Fn() -> Command + Send>,
    child: Option<Child>,
}

impl Process {
    /// Starts what `make` makes; its output goes to `<folder>/<name>.log`.
    pub(crate) fn start(name: &str, folder: &Path, make: impl Fn() -> Command + Send + 'static) -> Self {
        let log = folder.join(format!("{name}.log"));
        let mut process = Self { name: name.to_owned(), log, make: Box::new(make), child: None };
        process.begin();
        process
    }

    /// Starts it (again).
    pub(crate) fn begin(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(&self.log).expect("the log can be written");
        let errors = log.try_clone().expect("the log can be shared");
        let mut command = (self.make)();
        let child = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        self.child = Some(child.unwrap_or_else(|error| panic!("{} doesn't start: {error}", self.name)));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends a signal to it.
    pub(crate) fn signal(&self, signal: &str) {
        if let Some(child) = &self.child {
            let _ = Command::new("kill").args([signal, &child.id().to_string()]).status();
        }
    }

    /// Asks it to end and waits until it has; returns its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.take().and_then(|mut child| child.wait().ok()?.code())
    }

    /// Whether it runs; a worker must never end by itself.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// The end of what it has written.
    pub(crate) fn tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        format!("{}:\n{}", self.name, lines[lines.len().saturating_sub(15)..].join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that is stopped by SIGSTOP is killed all the same.
        self.kill();
    }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A server of this test's own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

impl Server {
    /// Redis as production has it: every write is on disk before its answer.
    pub(crate) fn redis(folder: &Path) -> Self {
        let port = free_port();
        let data = folder.join("redis");
        std::fs::create_dir_all(&data).expect("a folder");
        let process = Process::start("redis", folder, move || {
            let mut command = Command::new("redis-server");
            command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "yes"]);
            command.args(["--appendfsync", "always", "--maxmemory-policy", "noeviction", "--dir"]).arg(&data);
            command
        });
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), process }
    }

    /// MariaDB that loses nothing when it is killed.
    pub(crate) fn mariadb(folder: &Path) -> Self {
        let port = free_port();
        let (data, socket) = (folder.join("mariadb"), folder.join("mariadb.sock"));
        let as_root = || if is_root() { vec!["--user=root"] } else { Vec::new() };
        let mut install = Command::new("mariadb-install-db");
        install.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]).args(as_root());
        install.arg(format!("--datadir={}", data.display()));
        let installed = install.output().expect("mariadb-install-db runs");
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stdout));
        let process = Process::start("mariadb", folder, move || {
            let mut command = Command::new("/usr/sbin/mariadbd");
            command.arg("--no-defaults").args(as_root()).args(["--bind-address=127.0.0.1", "--max-connections=200"]);
            command.args(["--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=1"]);
            command.args(["--innodb-buffer-pool-size=128M", "--innodb-log-file-size=32M"]);
            command.arg(format!("--port={port}")).arg(format!("--datadir={}", data.display()));
            command.arg(format!("--socket={}", socket.display()));
            command
        });
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), process }
    }

    /// Waits until it takes connections.
    pub(crate) fn until_it_listens(&self) {
        let end = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < end, "{}", self.process.tail());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.starts_with(b"0")
}
