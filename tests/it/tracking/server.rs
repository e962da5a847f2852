//! `MLflow`'s tracking server on this machine; it ends with the test.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// A running server.
pub(crate) struct Server {
    bin: PathBuf,
    process: Child,
    pub(crate) url: String,
}

/// Where MLflow is; nothing where `tests/run.sh` has not installed it, which CI requires.
pub(crate) fn installed() -> Option<PathBuf> {
    let bin = env::var_os("GROUNDGATE_MLFLOW_VENV").map(|venv| PathBuf::from(venv).join("bin"));
    let found = bin.filter(|bin| bin.join("mlflow").is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no MLflow server; ./tests/run.sh installs it");
        assert!(
            env::var_os("CI").is_none(),
            "CI has what tests/run.sh installs"
        );
    }
    found
}

impl Server {
    /// Starts a server that keeps everything in `folder`, where MLflow is installed.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let bin = installed()?;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let path = env::var_os("PATH").unwrap_or_default();
        let log = fs::File::create(folder.join("server.log")).unwrap();
        let process = Command::new(bin.join("mlflow"))
            .arg("server")
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--workers",
                "1",
            ])
            .args([
                "--backend-store-uri",
                &format!("sqlite:///{}", folder.join("store.db").display()),
            ])
            .args([
                "--artifacts-destination",
                &folder.join("artifacts").display().to_string(),
            ])
            .env(
                "PATH",
                format!("{}:{}", bin.display(), path.to_string_lossy()),
            )
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(log)
            // A group of its own: the workers that MLflow starts outlive it.
            .process_group(0)
            .spawn()
            .unwrap();
        let server = Self {
            bin,
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        assert!(
            server.is_up(),
            "MLflow's server did not start within five minutes"
        );
        Some(server)
    }

    fn is_up(&self) -> bool {
        let address = self.url.trim_start_matches("http://");
        (0..1500).any(|_| {
            thread::sleep(Duration::from_millis(200));
            let asked = TcpStream::connect(address).and_then(|mut stream| {
                stream.write_all(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
                let mut reply = String::new();
                stream.read_to_string(&mut reply)?;
                Ok(reply)
            });
            asked.is_ok_and(|reply| reply.contains("200 OK"))
        })
    }

    /// Runs a script with MLflow's own client; gives what it prints.
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> String {
        let ended = Command::new(self.bin.join("python"))
            .args(["-c", script, &self.url])
            .args(arguments)
            .env("MLFLOW_TRACKING_URI", &self.url)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{said}");
        String::from_utf8(ended.stdout).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(killed.unwrap().success());
        self.process.wait().unwrap();
    }
}
