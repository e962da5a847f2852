//! HTTP as the copilots and judges need it: limits, retries, secrets.
