//! Progress on stderr: bars for people, a line now and then for logs.

use std::time::Duration;

use groundgate_model::{
    exchange::Answer,
    trial::{Call, Callee, Outcome, Reply, Trial},
    unit::Usd,
};
use groundgate_run::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{args, terminal::Terminal};

/// Follows one run.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: Terminal,
    bar: Option<ProgressBar>,
    planned: usize,
    done: usize,
    calls: usize,
    failures: usize,
    unscored: usize,
    spent: Usd,
    next_line_at: usize,
}

impl Progress {
    /// `done` trials of `planned` are in already.
    pub(crate) fn new(terminal: &Terminal, name: &str, planned: usize, done: usize) -> Self {
        let bar = (terminal.progress == args::Progress::Bar).then(|| {
            let bar = ProgressBar::with_draw_target(
                Some(u64::try_from(planned).unwrap_or(u64::MAX)),
                ProgressDrawTarget::stderr_with_hz(10),
            );
            if let Ok(style) = ProgressStyle::with_template(
                " {prefix:<22} {bar:24} {pos:>5}/{len:<5} {per_sec:>8}  {msg}  {eta} left",
            ) {
                bar.set_style(style.progress_chars("█▌░"));
            }
            bar.set_prefix(name.to_owned());
            bar.set_position(u64::try_from(done).unwrap_or(0));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        if terminal.progress == args::Progress::Lines {
            terminal.note(&format!("{name}: {planned} questions to answer and judge"));
        }
        Self {
            terminal: terminal.clone(),
            bar,
            planned,
            done,
            calls: 0,
            failures: 0,
            unscored: 0,
            spent: Usd::ZERO,
            next_line_at: planned / 4,
        }
    }

    /// Takes note of what happened.
    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::Call(call) => self.call(call),
            Event::Trial(trial) => self.trial(trial),
        }
    }

    fn call(&mut self, call: &Call) {
        self.calls += 1;
        self.failures += usize::from(call.result.is_err() && call.key.callee == Callee::Copilot);
        let cost = match &call.result {
            Ok(Reply::Answer(Answer { cost, .. })) => *cost,
            Ok(Reply::Chat(reply)) => reply.cost,
            Err(_) => None,
        };
        self.spent = self.spent.plus(cost.unwrap_or(Usd::ZERO));
    }

    fn trial(&mut self, trial: &Trial) {
        self.done += 1;
        let is_unscored = |outcome: &Outcome| matches!(outcome, Outcome::Unscored(reason) if !reason.is_planned());
        self.unscored +=
            usize::from(trial.answer.is_ok() && trial.outcomes.values().any(is_unscored));
        if let Some(bar) = &self.bar {
            bar.set_message(self.summary());
            bar.inc(1);
        } else if self.terminal.progress == args::Progress::Lines
            && self.done >= self.next_line_at
            && self.done < self.planned
        {
            self.next_line_at = self.done + self.planned.div_ceil(4).max(1);
            self.terminal.note(&format!(
                "  {}/{}  {}",
                self.done,
                self.planned,
                self.summary()
            ));
        }
    }

    fn summary(&self) -> String {
        let mut text = format!("{} calls", self.calls);
        if self.failures > 0 {
            text = format!("{text}, {} without an answer", self.failures);
        }
        if self.unscored > 0 {
            text = format!("{text}, {} not fully scored", self.unscored);
        }
        if self.spent > Usd::ZERO {
            text = format!("{text}, {}", self.spent);
        }
        text
    }

    /// Says how it ended.
    pub(crate) fn finish(self, how: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.terminal.note(&format!(
            "{how}: {}/{}  {}",
            self.done,
            self.planned,
            self.summary()
        ));
    }
}
