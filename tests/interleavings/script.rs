//! What happens in one interleaving, made from its number.

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring numbers share nothing after the first step.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

/// Which key, as an index into the keys of a world.
pub(crate) type Key = usize;

/// Which text, as an index into [`TEXTS`].
pub(crate) type Text = usize;

/// What documents say: two connections, a reference, chains.
pub(crate) const TEXTS: [&str; 6] = [
    r#"{"module":"log"}"#,
    r#"{"module":"kafka","connection":"main"}"#,
    r#"{"chain":[{"module":"log","connection":"main"},{"module":"log","connection":"backup"}]}"#,
    r#"{"module":"log","hmac":{"secret":"{$vault:a#b}"}}"#,
    r#"{"module":"log","authorization":"Bearer {$T}","connection":"backup"}"#,
    r#"{"type":"kafka"}"#,
];

/// What is no document; only some stores hold it.
pub(crate) const BROKEN: [&str; 2] = ["not json", ""];

/// One write in a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Write {
    Put(Key, Text),
    Delete(Key),
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Another program writes.
    Outside(Write),
    /// It writes what is no document.
    Break(Key, usize),
    /// It writes several keys at once.
    Together(Vec<Write>),
    /// The provider under test writes, whatever comes of it.
    Ours(Write),
    /// A key is bound to a lease of this slot, which other keys may share.
    Lease(Key, usize),
    /// The lease of a slot is revoked, and its keys go with it.
    Revoke(usize),
    /// A key is bound to a lease that soon ends by itself.
    Expire(Key),
    /// The way to the store is cut.
    Cut,
    /// It is open again; a person may press the key that tries at once.
    Mend { retry: bool },
    /// History is cut so many revisions before its end.
    Compact { before_head: u64 },
    /// The store dies and comes back.
    Restart,
    /// The reader takes so many events.
    Read(usize),
}

/// So many slots for leases.
pub(crate) const LEASES: usize = 2;

/// Makes the interleaving of a number, for a world of so many keys.
pub(crate) fn script(seed: u64, keys: usize) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let length = 12 + dice.roll(24);
    let mut steps: Vec<_> = (0..length).map(|_| step(&mut dice, keys)).collect();
    // Not one without each of the four, wherever they fall.
    let write = Step::Outside(write(&mut dice, keys));
    let retry = dice.roll(12) > 0;
    for must in [write, Step::Compact { before_head: 0 }, Step::Restart] {
        steps.insert(dice.roll(steps.len()), must);
    }
    // Few, because a lease takes a second to end.
    if dice.roll(16) == 0 {
        steps.insert(dice.roll(steps.len()), Step::Expire(dice.roll(keys)));
    }
    let cut = dice.roll(steps.len());
    steps.insert(cut, Step::Cut);
    let mend = cut + 1 + dice.roll(steps.len() - cut);
    steps.insert(mend, Step::Mend { retry });
    steps
}

fn step(dice: &mut Dice, keys: usize) -> Step {
    match dice.roll(100) {
        0..26 => Step::Outside(write(dice, keys)),
        26..30 => Step::Break(dice.roll(keys), dice.roll(BROKEN.len())),
        30..40 => Step::Together((0..2 + dice.roll(5)).map(|_| write(dice, keys)).collect()),
        40..52 => Step::Ours(write(dice, keys)),
        52..58 => Step::Lease(dice.roll(keys), dice.roll(LEASES)),
        58..62 => Step::Revoke(dice.roll(LEASES)),
        62..67 => Step::Cut,
        67..75 => Step::Mend { retry: dice.roll(12) > 0 },
        75..83 => Step::Compact { before_head: dice.pick(&[0, 0, 0, 1, 2, 5]) },
        83..84 => Step::Restart,
        _ => Step::Read(1 + dice.roll(20)),
    }
}

fn write(dice: &mut Dice, keys: usize) -> Write {
    let key = dice.roll(keys);
    if dice.roll(3) == 0 { Write::Delete(key) } else { Write::Put(key, dice.roll(TEXTS.len())) }
}
