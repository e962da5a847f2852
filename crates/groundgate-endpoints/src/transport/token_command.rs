//! Tokens that a command prints.

use std::{io, process::Stdio, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use super::{
    auth::TokenCommand,
    reply::Fault,
    token::{Granted, TokenSource, no_token},
};

/// How long a command may take.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);

/// No token is larger, in bytes.
const LARGEST: u64 = 1 << 16;

fn is_too_large(printed: &[u8]) -> bool {
    u64::try_from(printed.len()).is_ok_and(|length| length > LARGEST)
}

impl TokenSource for TokenCommand {
    fn grant(&self) -> BoxFuture<'_, Result<Granted, Fault>> {
        Box::pin(run(self))
    }
}

async fn run(command: &TokenCommand) -> Result<Granted, Fault> {
    let program = &command.program;
    let run = async {
        let mut child = Command::new(program)
            .args(&command.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut printed = Vec::new();
        if let Some(output) = child.stdout.take() {
            output.take(LARGEST + 1).read_to_end(&mut printed).await?;
        }
        if is_too_large(&printed) {
            // A program that prints for ever is killed here, and not when memory ends.
            child.start_kill()?;
        }
        io::Result::Ok((child.wait().await?, printed))
    };
    let (status, printed) = timeout(COMMAND_PATIENCE, run)
        .await
        .map_err(|_elapsed| {
            no_token(&format!(
                "`{program}` did not end within {COMMAND_PATIENCE:?}"
            ))
        })?
        .map_err(|error| no_token(&format!("cannot run `{program}`: {error}")))?;
    // What it wrote is not shown: it may be half a token.
    if is_too_large(&printed) {
        return Err(no_token(&format!(
            "`{program}` printed more than {LARGEST} bytes"
        )));
    }
    if !status.success() {
        return Err(no_token(&format!("`{program}` failed with {status}")));
    }
    let mut granted = parse_printed(&printed)
        .ok_or_else(|| no_token(&format!("`{program}` printed no token")))?;
    granted.life = granted.life.or(Some(command.lifetime));
    Ok(granted)
}

/// What a command printed: JSON, or nothing but the token on one line.
fn parse_printed(output: &[u8]) -> Option<Granted> {
    let text = str::from_utf8(output).ok()?.trim();
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text) {
        return Granted::in_json(&value);
    }
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    bare.then(|| Granted {
        token: text.to_owned(),
        life: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_prints_for_ever_is_ended() {
        let command = TokenCommand {
            program: "yes".to_owned(),
            arguments: Vec::new(),
            lifetime: Duration::from_secs(1),
        };
        let fault = run(&command).await.unwrap_err();
        assert!(
            fault.message.contains("more than 65536 bytes"),
            "{}",
            fault.message
        );
    }

    #[test]
    fn what_a_command_prints_is_a_token_or_nothing() {
        for (output, token, life_s) in [
            ("tok-1\n", Some("tok-1"), None),
            (
                r#"{"access_token":"tok-2","expires_in":60}"#,
                Some("tok-2"),
                Some(60),
            ),
            (
                r#"{"accessToken":"tok-3","expires_in":"90"}"#,
                Some("tok-3"),
                Some(90),
            ),
            (r#"{"access_token":""}"#, None, None),
            ("Error: not logged in", None, None),
            ("", None, None),
        ] {
            let granted = parse_printed(output.as_bytes());
            let expected = token.map(|token| Granted {
                token: token.to_owned(),
                life: life_s.map(Duration::from_secs),
            });
            assert_eq!(granted, expected, "{output}");
        }
    }
}
