//! A store in this process: the reference implementation, and the demo's.
