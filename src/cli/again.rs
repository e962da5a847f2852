//! The judges of the configuration, asked about one stored answer for the viewer, within a cap.

use std::sync::{Mutex, PoisonError};

use groundgate_app::config::Config;
use groundgate_judge::{ClaimLevel, Draw, Prepared, Subject, prepare};
use groundgate_model::{eval_set::Case, exchange::Answer, unit::Usd};
use groundgate_record::Reader;
use groundgate_report::visible_line;
use groundgate_run::{Ending, Seat, SeatKind};
use groundgate_view::Rejudge;

use super::{args::Progress, terminal::Terminal};
use groundgate_app::{
    AppError, pipeline,
    rejudge::{self, Answers, Judging},
    wiring,
};

/// Judges, and what may be spent on them.
pub(crate) struct Again {
    config: Config,
    seats: Vec<Seat>,
    cap: Usd,
    /// What has been spent, and how often they were asked.
    asked: Mutex<(Usd, usize)>,
    /// One judging at a time: two could pass the cap together.
    turn: Mutex<()>,
    terminal: Terminal,
}

impl Again {
    /// Fails where a judge cannot be asked at all.
    pub(crate) fn new(config: Config, dollars: f64, terminal: &Terminal) -> Result<Self, AppError> {
        let cap = Usd::from_dollars(dollars)
            .ok_or_else(|| AppError::usage(format!("{dollars} is not an amount of dollars")))?;
        let seats = wiring::seats(&terminal.app(), &config, &pipeline::runtime()?)?;
        if seats.is_empty() {
            return Err(AppError::invalid(
                "the configuration has no judge to ask again",
            ));
        }
        Ok(Self {
            config,
            seats,
            cap,
            asked: Mutex::default(),
            turn: Mutex::default(),
            terminal: silent(terminal),
        })
    }

    fn ask(&self, run: &Reader, trial: usize) -> Result<Reader, AppError> {
        let answers = Answers::of_trial(run, trial)?;
        let _alone = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (spent, number) = self.asked();
        let mut judging = Judging::apart(
            &self.config,
            self.config.judges.clone(),
            Some(self.cap.minus(spent)),
        );
        judging.number = number;
        // Until it is known what this has cost, nothing is left.
        self.note(self.cap, number + 1);
        let judged = judging.judge(&answers, &self.terminal.app())?;
        let again = Reader::open(&judged.path)?;
        self.note(spent.plus(again.booked()?), number + 1);
        if judged.ending == Ending::Complete {
            return Ok(again);
        }
        Err(AppError::new(
            rejudge::class_of(judged.ending),
            "not judged: the next call could pass what --judge-again allows, or has no price"
                .to_string(),
        ))
    }

    fn asked(&self) -> (Usd, usize) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, spent: Usd, times: usize) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = (spent, times);
    }

    /// The most that one judging can cost; nothing where a judge has no price, or takes sentences apart
    /// first: what it will label is not known before.
    fn worst(&self, case: &Case, answer: &Answer) -> Option<Usd> {
        let seed = self.config.seed.to_be_bytes();
        let mut sum = Usd::ZERO;
        for seat in &self.seats {
            let SeatKind::Model { spec, jurors } = &seat.kind else {
                continue;
            };
            if spec.claims == ClaimLevel::Atomic {
                return None;
            }
            let n_jurors = u32::try_from(jurors.len()).unwrap_or(u32::MAX).max(1);
            for vote in 0..spec.votes / n_jurors {
                let asks = match prepare(spec, Subject { case, answer }, Draw { seed: &seed, vote })
                {
                    Prepared::Settled(_) => Vec::new(),
                    Prepared::Ask(ask) => vec![*ask],
                    Prepared::Parts(asks) => asks,
                };
                for (ask, juror) in asks
                    .iter()
                    .flat_map(|ask| jurors.iter().map(move |one| (ask, one)))
                {
                    sum = sum.plus(juror.model.worst_cost(ask.request())?);
                }
            }
        }
        Some(sum)
    }
}

fn silent(terminal: &Terminal) -> Terminal {
    let mut silent = terminal.clone();
    silent.quiet = true;
    silent.progress = Progress::None;
    silent
}

impl Rejudge for Again {
    fn price(&self, run: &Reader, trial: usize) -> String {
        let (spent, _) = self.asked();
        let left = format!("{} of {} are left", self.cap.minus(spent), self.cap);
        let Ok(answers) = Answers::of_trial(run, trial) else {
            return format!("the answer cannot be read; {left}");
        };
        let worst = match (answers.cases.first(), answers.given.get(&0)) {
            (Some(case), Some(Ok(answer))) => self.worst(case, answer),
            _ => Some(Usd::ZERO),
        };
        match worst {
            Some(worst) => {
                format!("at most {worst} (a malformed reply is asked for once more); {left}")
            }
            None => {
                format!("the price is not known beforehand; a call without one is not made; {left}")
            }
        }
    }

    fn judge(&self, run: &Reader, trial: usize) -> Result<Reader, String> {
        self.ask(run, trial)
            .map_err(|error| visible_line(&format!("{:#}", error.error)))
    }
}
