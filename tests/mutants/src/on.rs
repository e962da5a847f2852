//! Which mutant is switched on, and which were asked for.

use std::{
    env, fs,
    io::Write as _,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

static ON: LazyLock<usize> =
    LazyLock::new(|| env::var("MUTANT").ok().and_then(|it| it.parse().ok()).unwrap_or(usize::MAX));

type Asked = (Vec<AtomicBool>, Mutex<fs::File>);

static ASKED: LazyLock<Option<Asked>> = LazyLock::new(|| {
    let file = fs::File::create(env::var_os("MUTANTS_ASKED")?).ok()?;
    Some(((0..100_000).map(|_| AtomicBool::new(false)).collect(), Mutex::new(file)))
});

#[inline]
pub(crate) fn on(number: usize) -> bool {
    if let Some((asked, file)) = &*ASKED
        && !asked[number].swap(true, Ordering::Relaxed)
    {
        writeln!(file.lock().unwrap(), "{number}").unwrap();
    }
    number == *ON
}
