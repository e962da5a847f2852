//! A run from plan to record, with a copilot that says what it is told to.

use std::sync::Arc;

use groundgate_model::{
    exchange::{CallFailure, FailureKind},
    unit::Usd,
};
use groundgate_record::{Reader, Status, Writer};
use groundgate_run::{Ending, Stop};
use rusqlite::Connection;
use tokio::sync::watch;

use crate::{
    ErrorClass,
    pipeline::{Job, execute, runtime},
    test_values::{Folder, Memory, Scripted, answer, app, job},
};

fn dollar(n: i64) -> Usd {
    Usd::from_nanos(u64::try_from(n).unwrap() * 1_000_000_000)
}

fn status(job: &Job) -> Status {
    Reader::open(&job.path).unwrap().status().unwrap()
}

fn finished(job: &Job) -> usize {
    Reader::open(&job.path).unwrap().n_finished().unwrap()
}

#[test]
fn a_whole_run_is_complete_and_says_so_once() {
    let folder = Folder::new();
    let copilot = Arc::new(Scripted::default());
    let job = job(&folder, &copilot, 4, 2);
    let (app, memory) = Memory::app();
    let ending = execute(&app, job.clone(), &runtime().unwrap()).unwrap();
    assert_eq!(ending, Ending::Complete);
    assert_eq!((status(&job), finished(&job)), (Status::Complete, 8));
    assert_eq!(copilot.n_asked(), 8);
    assert_eq!(memory.told(), ["begun 0/8", "ended Complete"]);
}

#[test]
fn a_stopped_run_of_several_attempts_is_gone_on_with_to_its_last_trial() {
    let folder = Folder::new();
    let (stop, stopped) = watch::channel(Stop::No);
    let copilot = Arc::new(Scripted {
        reply: Box::new(move |before| {
            if before == 3 {
                stop.send_replace(Stop::AfterCalls);
            }
            Ok(answer("Five days.", None))
        }),
        ..Scripted::default()
    });
    let mut job = job(&folder, &copilot, 6, 3);
    let stopped = app().stopped_by(stopped);
    let runtime = runtime().unwrap();
    let ending = execute(&stopped, job.clone(), &runtime).unwrap();
    assert_eq!(ending, Ending::Stopped);
    assert_eq!(status(&job), Status::Interrupted);
    let before = finished(&job);
    assert!((1..18).contains(&before), "{before}");

    job.resumes = true;
    let (app, memory) = Memory::app();
    let ending = execute(&app, job.clone(), &runtime).unwrap();
    assert_eq!(ending, Ending::Complete);
    assert_eq!((status(&job), finished(&job)), (Status::Complete, 18));
    assert_eq!(
        memory.told(),
        [format!("begun {before}/18"), "ended Complete".to_owned()]
    );
    let mut asked = copilot.asked.lock().unwrap().clone();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 18, "every attempt of every case was asked");
    assert_eq!(copilot.n_asked(), 18, "and none of them twice");
}

#[test]
fn a_budget_that_is_reached_ends_the_run_and_more_of_it_goes_on() {
    let folder = Folder::new();
    let copilot = Arc::new(Scripted {
        worst: Some(dollar(1)),
        reply: Box::new(|_| Ok(answer("Five days.", Some(dollar(1))))),
        ..Scripted::default()
    });
    let mut job = job(&folder, &copilot, 5, 1);
    job.cap = Some(dollar(3));
    let (app, memory) = Memory::app();
    let runtime = runtime().unwrap();
    let ending = execute(&app, job.clone(), &runtime).unwrap();
    assert_eq!(ending, Ending::OutOfBudget);
    assert_eq!((status(&job), finished(&job)), (Status::OutOfBudget, 3));
    assert_eq!(
        Reader::open(&job.path).unwrap().booked().unwrap(),
        dollar(3)
    );
    assert_eq!(memory.told().len(), 3, "{:?}", memory.told());
    assert!(
        memory.told()[2].starts_with("budget: ") && memory.told()[2].contains("100 % and more"),
        "{:?}",
        memory.told()
    );

    job.resumes = true;
    job.cap = Some(dollar(5));
    let ending = execute(&app, job.clone(), &runtime).unwrap();
    assert_eq!(ending, Ending::Complete);
    assert_eq!((status(&job), copilot.n_asked()), (Status::Complete, 5));
}

#[test]
fn a_copilot_without_a_price_is_not_asked_under_a_budget() {
    let folder = Folder::new();
    let copilot = Arc::new(Scripted {
        worst: None,
        ..Scripted::default()
    });
    let mut job = job(&folder, &copilot, 2, 1);
    job.cap = Some(dollar(3));
    let ending = execute(&app(), job.clone(), &runtime().unwrap()).unwrap();
    assert_eq!(ending, Ending::OutOfBudget);
    assert_eq!(copilot.n_asked(), 0);
    assert_ne!(status(&job), Status::Complete);
}

#[test]
fn a_record_that_can_no_longer_be_written_is_not_complete_and_the_error_says_how_to_go_on() {
    let folder = Folder::new();
    let beside = job(&folder, &Arc::new(Scripted::default()), 3, 1);
    let path = beside.path;
    let copilot = Arc::new(Scripted {
        reply: Box::new(move |before| {
            if before == 2 {
                let record = Connection::open(&path).unwrap();
                record.execute_batch("DROP TABLE trials").unwrap();
            }
            Ok(answer("Five days.", None))
        }),
        ..Scripted::default()
    });
    let job = job(&folder, &copilot, 3, 1);
    let (app, memory) = Memory::app();
    let error = execute(&app, job.clone(), &runtime().unwrap()).unwrap_err();
    assert_eq!(error.class, ErrorClass::Incomplete);
    assert!(error.help.unwrap().contains("--resume"));
    assert_eq!(memory.told().last().unwrap(), "ended SinkClosed");
    assert_ne!(status(&job), Status::Complete);
}

/// The record says of itself what is in it, not what somebody meant to be in it.
#[test]
fn a_part_of_the_plan_does_not_make_a_record_complete() {
    let folder = Folder::new();
    let copilot = Arc::new(Scripted::default());
    let mut job = job(&folder, &copilot, 4, 1);
    job.plan.part = Some([0, 2].into());
    let ending = execute(&app(), job.clone(), &runtime().unwrap()).unwrap();
    assert_eq!((ending, finished(&job)), (Ending::Complete, 2));
    assert_eq!(status(&job), Status::Interrupted);
}

#[test]
fn failures_are_asked_again_on_demand_only() {
    let folder = Folder::new();
    let copilot = Arc::new(Scripted {
        reply: Box::new(|before| match before {
            1 => Err(CallFailure {
                kind: FailureKind::Server,
                message: "down".to_owned(),
                tries: 1,
                failed_tries: Vec::new(),
                cost: None,
            }),
            _ => Ok(answer("Five days.", None)),
        }),
        ..Scripted::default()
    });
    let mut job = job(&folder, &copilot, 3, 1);
    let runtime = runtime().unwrap();
    execute(&app(), job.clone(), &runtime).unwrap();
    assert_eq!((status(&job), copilot.n_asked()), (Status::Complete, 3));
    job.resumes = true;
    execute(&app(), job.clone(), &runtime).unwrap();
    assert_eq!(copilot.n_asked(), 3);
    job.rerun_failures = true;
    execute(&app(), job.clone(), &runtime).unwrap();
    assert_eq!((status(&job), copilot.n_asked()), (Status::Complete, 4));
}

#[test]
fn a_record_that_somebody_else_writes_is_not_gone_on_with() {
    let folder = Folder::new();
    let copilot = Arc::new(Scripted::default());
    let mut job = job(&folder, &copilot, 2, 1);
    let writer = Writer::create(&job.path, &job.header, &job.plan.cases).unwrap();
    job.resumes = true;
    let error = execute(&app(), job.clone(), &runtime().unwrap()).unwrap_err();
    assert_eq!((error.class, copilot.n_asked()), (ErrorClass::Invalid, 0));
    drop(writer);
    execute(&app(), job, &runtime().unwrap()).unwrap();
    assert_eq!(copilot.n_asked(), 2);
}
