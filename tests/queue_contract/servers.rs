//! Redis servers of a test's own: alone, as a cluster of three, or behind TLS with a user who may do little.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::stage::*;

/// Servers that end when this is dropped, with all they held.
pub(crate) struct Servers {
    processes: Vec<Child>,
    folder: tempfile::TempDir,
    pub(crate) place: RedisServer,
}

impl Drop for Servers {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Servers {
    /// One server, whose counters count nobody else's commands.
    pub(crate) fn alone() -> Self {
        let port = free_port();
        let mut servers = Self::none(&format!("redis://127.0.0.1:{port}"));
        servers.start(&["--port", &port.to_string()]);
        until_answers(&["-p", &port.to_string()]);
        servers
    }

    /// Has a server that is alone carry out a command.
    pub(crate) fn ask(&self, command: &[&str]) {
        let port = self.place.url.rsplit(':').next().unwrap();
        assert_eq!(cli(&[&["-p", port], command].concat()).trim(), "OK", "{command:?}");
    }

    /// Three nodes that share the slots; the address is the first one's.
    pub(crate) fn cluster() -> Self {
        let ports: Vec<String> = [(); 3].map(|()| free_port().to_string()).into();
        let mut servers = Self::none(&format!("redis://127.0.0.1:{}", ports[0]));
        for port in &ports {
            servers.start(&["--port", port, "--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]);
            until_answers(&["-p", port]);
        }
        let nodes: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(&nodes).args(["--cluster-replicas", "0", "--cluster-yes"]);
        let made = create.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let start = Instant::now();
        while !ports.iter().all(|port| cli(&["-p", port, "CLUSTER", "INFO"]).contains("cluster_state:ok")) {
            assert!(start.elapsed() < Duration::from_secs(30), "the cluster doesn't come up");
            std::thread::sleep(Duration::from_millis(100));
        }
        servers
    }

    /// A server behind TLS whose certificate an authority of this test has signed, and a user who may run only
    /// `commands`, on keys of this test.
    pub(crate) fn behind_tls(commands: &str) -> Self {
        let port = free_port().to_string();
        let mut servers = Self::none(&format!("rediss://pressroom:secret@localhost:{port}"));
        let folder = servers.folder.path().to_owned();
        make_certificates(&folder);
        let file = |name: &str| folder.join(name).display().to_string();
        let settings = format!(
            "port 0\ntls-port {port}\ntls-cert-file {}\ntls-key-file {}\ntls-ca-cert-file {}\ntls-auth-clients no\n\
             user pressroom on >secret resetkeys ~{{test-*}}:* resetchannels -@all {commands}\n",
            file("server.crt"),
            file("server.key"),
            file("authority.crt")
        );
        fs::write(folder.join("redis.conf"), settings).unwrap();
        servers.start(&[&file("redis.conf")]);
        let tls = ["-h", "localhost", "-p", &port, "--tls", "--cacert", &file("authority.crt")];
        until_answers(&tls);
        let made = cli(&[&tls[..], &["ACL", "LIST"]].concat());
        assert!(made.contains("user pressroom on"), "{made}");
        servers.place.authority = Some(fs::read(folder.join("authority.crt")).unwrap());
        servers
    }

    fn none(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { processes: Vec::new(), folder, place: RedisServer { url: url.to_owned(), authority: None } }
    }

    fn start(&mut self, options: &[&str]) {
        let folder = self.folder.path().join(self.processes.len().to_string());
        fs::create_dir(&folder).unwrap();
        let process = Command::new("redis-server")
            .args(options)
            .args(["--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction", "--dir"])
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server should be installed");
        self.processes.push(process);
    }
}

/// Below the range that the kernel hands out by itself, and so that a cluster's bus has a port too.
fn free_port() -> u16 {
    loop {
        let port = rand::random_range(15_000..22_000);
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}

fn cli(arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(arguments).output().expect("redis-cli should be installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn until_answers(server: &[&str]) {
    let start = Instant::now();
    while cli(&[server, &["PING"]].concat()).trim() != "PONG" {
        assert!(start.elapsed() < Duration::from_secs(30), "redis-server doesn't answer at {server:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn make_certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
        assert!(made.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "req -x509 {key} -days 2 -subj /CN=Authority -keyout authority.key -out authority.crt \
         -addext basicConstraints=critical,CA:TRUE"
    ));
    openssl(&format!("req {key} -subj /CN=localhost -keyout server.key -out server.csr"));
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl(
        "x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -out server.crt \
         -extfile names",
    );
}
