//! A real Chromium, driven by its own protocol over two pipes: pages are opened, keys are pressed, and
//! everything that the page logs or asks for is seen.
//!
//! Without `chromium` the tests say so and pass, unless `GROUNDGATE_REQUIRE_BROWSER` is set.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    next: u64,
    events: Vec<Value>,
    _folder: TempDir,
}

impl Browser {
    /// A fresh profile; nothing where there is no browser.
    pub(crate) fn start() -> Option<Self> {
        let found = Command::new("chromium").arg("--version").output();
        if found.is_err() {
            assert!(
                env::var_os("GROUNDGATE_REQUIRE_BROWSER").is_none(),
                "chromium is required"
            );
            eprintln!("SKIPPED: chromium is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join("out"));
        for pipe in [&input, &output] {
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        }
        let child = Command::new("sh")
            .args(["-c", "exec chromium \"$@\" 3<\"$IN\" 4>\"$OUT\"", "sh"])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-pipe",
            ])
            .arg(format!(
                "--user-data-dir={}",
                folder.path().join("profile").display()
            ))
            .env("IN", &input)
            .env("OUT", &output)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = OpenOptions::new().write(true).open(&input).unwrap();
        let from = BufReader::new(File::open(&output).unwrap());
        let mut this = Self {
            child,
            to,
            from,
            session: None,
            next: 0,
            events: Vec::new(),
            _folder: folder,
        };
        let target = this.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = this.call("Target.attachToTarget", attach);
        this.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            this.call(&format!("{domain}.enable"), json!({}));
        }
        Some(this)
    }

    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.answer(method, params)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What the browser answers, or its error.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is made by `json!` at every call"
    )]
    fn answer(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        loop {
            let message = self.read();
            if message["id"] == self.next {
                let error = &message["error"];
                return if error.is_null() {
                    Ok(message["result"].clone())
                } else {
                    Err(error.clone())
                };
            }
            self.events.push(message);
        }
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).unwrap();
        bytes.pop();
        serde_json::from_slice(&bytes).expect("chromium has ended")
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&mut self, url: &str) {
        let before = self.events.len();
        self.call("Page.navigate", json!({"url": url}));
        let is_loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events[before..].iter().any(is_loaded) {
            let message = self.read();
            self.events.push(message);
        }
    }

    /// The value of an expression in the page; asked again of the page that takes its place meanwhile.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let is_replaced = |error: &Value| error.to_string().contains("navigated");
        let result = loop {
            match self.answer("Runtime.evaluate", params.clone()) {
                Err(error) if is_replaced(&error) => {}
                answer => break answer.unwrap_or_else(|error| panic!("{expression}: {error}")),
            }
        };
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true; false after half a minute.
    pub(crate) fn comes_true(&mut self, expression: &str) -> bool {
        (0..1500).any(|_| {
            self.eval(expression) == json!(true) || {
                thread::sleep(Duration::from_millis(20));
                false
            }
        })
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { key } else { "" };
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": "keyDown", "key": key, "text": text}),
        );
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key}),
        );
    }

    /// Errors, warnings and dialogs of all pages so far.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let of_page = |event: &&Value| {
            let method = event["method"].as_str().unwrap_or("");
            let level = event["params"]["entry"]["level"].as_str().unwrap_or("");
            matches!(
                method,
                "Runtime.consoleAPICalled"
                    | "Runtime.exceptionThrown"
                    | "Page.javascriptDialogOpening"
            ) || (method == "Log.entryAdded" && level != "verbose")
        };
        self.events
            .iter()
            .filter(of_page)
            .map(Value::to_string)
            .collect()
    }

    /// Addresses that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        let sent = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| {
            event["params"]["request"]["url"]
                .as_str()
                .map(str::to_owned)
        })
        .collect()
    }

    /// A window of this width, light or dark.
    pub(crate) fn look(&mut self, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", media);
    }

    /// What is wrong with the page for people who use a keyboard, a reader, or a magnifier: by axe-core
    /// (WCAG 2.2 A and AA, and its good practices), and by what axe does not look for.
    pub(crate) fn barriers(&mut self) -> Vec<String> {
        let mut found = self.eval(include_str!("barriers.js"));
        let mut all = found.as_array_mut().map(std::mem::take).unwrap();
        if let Some(axe) = axe() {
            self.eval(&axe);
            let found = self.eval(
                "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.flatMap(\
                 ({id, nodes}) => nodes.map((node) => `axe ${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)))",
            );
            all.extend(found.as_array().unwrap().iter().cloned());
        }
        all.iter().map(Value::to_string).collect()
    }
}

/// The script of axe-core, which `tests/run.sh` installs where there is npm.
fn axe() -> Option<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/axe/node_modules/axe-core/axe.min.js"
    );
    let script = fs::read_to_string(path).ok();
    if script.is_none() {
        assert!(
            env::var_os("GROUNDGATE_REQUIRE_AXE").is_none(),
            "axe-core is required"
        );
        eprintln!("SKIPPED: axe-core is not installed");
    }
    script
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
