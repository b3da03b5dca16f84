// SPDX-License-Identifier: BSD-2-Clause
// Functions of Rust, through some of which a panic passes; they count their calls themselves.
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static CALLS: AtomicU64 = AtomicU64::new(0);
static RETURNED: AtomicU64 = AtomicU64::new(0);

#[inline(never)]
#[no_mangle]
pub extern "Rust" fn calls_panics(n: u64) -> u64 {
    CALLS.fetch_add(1, Relaxed);
    if n % 3 == 0 {
        panic!("unwinds");
    }
    let below = if n % 3 == 1 { 0 } else { calls_panics(n - 1) };
    RETURNED.fetch_add(1, Relaxed);
    below + n
}

fn main() {
    panic::set_hook(Box::new(|_| {}));
    let caught = (0..99).filter(|n| panic::catch_unwind(|| calls_panics(*n)).is_err()).count();
    println!("# caught {caught}");
    println!("calls_panics {} {}", CALLS.load(Relaxed), RETURNED.load(Relaxed));
    std::process::exit(7);
}
