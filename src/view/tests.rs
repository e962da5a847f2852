//! Pages and requests, from the outside.
