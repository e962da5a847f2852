//! Wall time, for stamps and run ids only.

use jiff::{Timestamp, tz::TimeZone};

/// RFC 3339 in UTC, to the second.
pub fn rfc3339(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// A run id: sortable by time, unique enough for one machine (milliseconds and the process).
pub fn run_id(at: Timestamp, process: u32, number: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let salt = u64::from(process)
        .wrapping_mul(31)
        .wrapping_add(u64::try_from(number).unwrap_or(0));
    let digit = |value: u64| {
        DIGITS
            .get(usize::try_from(value % 32).unwrap_or(0))
            .copied()
            .unwrap_or(b'0')
    };
    let time = (0..9).rev().map(|place| digit(milliseconds >> (5 * place)));
    let tail = (0..3).rev().map(|place| digit(salt >> (5 * place)));
    time.chain(tail).map(char::from).collect()
}

/// What the ids of a time's month begin with or are greater than: the month's first, in UTC. All ids
/// count where the text is no time.
pub fn first_id_of_month(rfc3339: &str) -> String {
    let first = rfc3339.parse::<Timestamp>().ok().and_then(|at| {
        let day = TimeZone::UTC.to_datetime(at).date().first_of_month();
        TimeZone::UTC.to_timestamp(day.into()).ok()
    });
    let id = first.map(|first| run_id(first, 0, 0)).unwrap_or_default();
    id.chars().take(9).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_s_ids_come_after_its_first() {
        let id = |text: &str| run_id(text.parse().unwrap(), 4_000, 3);
        let first = first_id_of_month("2026-11-25T12:00:00Z");
        assert!(id("2026-10-31T23:59:59.999Z") < first);
        assert!(id("2026-11-01T00:00:00Z") > first);
        assert_eq!(first_id_of_month("no time"), "");
    }

    #[test]
    fn run_ids_sort_by_time() {
        let id = |milliseconds| run_id(Timestamp::from_millisecond(milliseconds).unwrap(), 7, 0);
        let ids = [
            id(1_760_000_000_000),
            id(1_760_000_000_001),
            id(1_860_000_000_000),
        ];
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids.iter().all(|id| id.len() == 12));
    }
}
