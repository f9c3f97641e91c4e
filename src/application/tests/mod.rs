//! The engine's tests: merging, reading, running. Sources are made up; what one holds is an object of JSON.

mod disk;
mod files;
mod interleavings;
mod merging;
mod reading;
mod reloading;
mod reverting;
mod running;
mod support;
mod systems;
mod writing;
