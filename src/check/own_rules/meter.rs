//! What an expression costs, in steps: it is counted while the expression is evaluated, by calls that the vetting
//! adds. CEL's interpreter has no budget of its own.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelBytes, CelInt, CelList, CelMap, CelString, CelUInt, DYN_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};
use regex::Regex;

/// The name of the meter; no expression can say a name that begins so.
pub(super) const METER: &str = "@meter";

/// `@weighed(value, @meter)` is the value, and costs what it takes to read or to copy all of it.
pub(super) const WEIGHED: &str = "@weighed";
/// `@looped(list, @meter, nodes)` is the list, and costs as many steps for each element as its loop has nodes.
pub(super) const LOOPED: &str = "@looped";
/// `@key(value)` is the value, if it can be the key of a map or the index of a list.
pub(super) const KEY: &str = "@key";
/// `@matches(text, @meter, number)` asks a pattern of the expression, which was compiled when it was loaded.
pub(super) const MATCHES: &str = "@matches";

/// Bytes of a text that are read or copied in a step.
const BYTES_A_STEP: usize = 8;

static METER_TYPE: Type = Type::new_unspecified_type(METER);

/// How many steps are left, and the patterns of the expression that is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<MeterState>);

#[derive(Debug)]
struct MeterState {
    left: AtomicU64,
    patterns: Arc<[Regex]>,
}

impl Meter {
    pub(super) fn new(steps: u64, patterns: Arc<[Regex]>) -> Self {
        // The last step is never used, so that one that is spent can be told.
        Self(Arc::new(MeterState { left: AtomicU64::new(steps.saturating_add(1)), patterns }))
    }

    /// # Errors
    /// If there are not so many steps left; from then on there are none.
    pub(super) fn charge(&self, steps: u64) -> Result<(), ExecutionError> {
        let left = self.0.left.load(Ordering::Relaxed).saturating_sub(steps);
        self.0.left.store(left, Ordering::Relaxed);
        if left == 0 { Err(ExecutionError::InternalError("too many steps".into())) } else { Ok(()) }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0.left.load(Ordering::Relaxed) == 0
    }

    fn charge_weight(&self, value: &dyn Val) -> Result<(), ExecutionError> {
        self.charge(weight(value, self.0.left.load(Ordering::Relaxed)))
    }
}

/// The steps of a value with all that is in it; at least as many as `most`, if it is heavier.
fn weight(value: &dyn Val, most: u64) -> u64 {
    let of_bytes = |bytes: usize| 1 + u64::try_from(bytes / BYTES_A_STEP).unwrap_or(u64::MAX);
    if let Some(text) = value.downcast_ref::<CelString>() {
        return of_bytes(text.inner().len());
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes>() {
        return of_bytes(bytes.inner().len());
    }
    let mut total: u64 = 1;
    let mut add = |value: &dyn Val| {
        total = total.saturating_add(weight(value, most.saturating_sub(total)));
        total < most
    };
    if let Some(list) = value.downcast_ref::<CelList>() {
        let _ = list.inner().iter().all(|item| add(item.as_ref()));
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        let _ = map.inner().iter().all(|(key, value)| add(key.inner()) && add(value.as_ref()));
    }
    total
}

/// CEL's functions, and those above.
pub(super) static FUNCTIONS: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::default().with_optional_support(false).with_stdlib();
    // A name that is not declared makes each expression fail that is vetted, which tests would see.
    let _ = declare(&mut env);
    Arc::new(env)
});

fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload(WEIGHED, WEIGHED, vec![DYN_TYPE, DYN_TYPE], |args| {
        let [value, meter] = of_two(args)?;
        metered(&meter)?.charge_weight(value.as_ref())?;
        Ok(value)
    })?;
    env.add_overload(LOOPED, LOOPED, vec![DYN_TYPE, DYN_TYPE, DYN_TYPE], |args| {
        let [range, meter, nodes] = of_three(args)?;
        let meter = metered(&meter)?;
        meter.charge_weight(range.as_ref())?;
        let size =
            range.as_sizer().map_or(0, |sizer| u64::try_from(*sizer.size().inner()).unwrap_or_default());
        meter.charge(size.saturating_mul(u64::try_from(int(&nodes)?).unwrap_or_default()))?;
        Ok(range)
    })?;
    env.add_overload(KEY, KEY, vec![DYN_TYPE], |mut args| {
        let Some(key) = args.pop() else { return Err(malformed()) };
        let is_key = key.downcast_ref::<CelString>().is_some()
            || key.downcast_ref::<CelInt>().is_some()
            || key.downcast_ref::<CelUInt>().is_some()
            || key.downcast_ref::<CelBool>().is_some();
        let types = || vec![key.get_type().name().to_owned()];
        if is_key { Ok(key) } else { Err(ExecutionError::no_such_overload("[]", types())) }
    })?;
    env.add_overload(MATCHES, MATCHES, vec![DYN_TYPE, DYN_TYPE, DYN_TYPE], |args| {
        let [text, meter, number] = of_three(args)?;
        let (meter, number) = (metered(&meter)?, int(&number)?);
        meter.charge_weight(text.as_ref())?;
        let Some(text) = text.downcast_ref::<CelString>() else {
            let types = vec![text.get_type().name().to_owned()];
            return Err(ExecutionError::no_such_overload("matches", types));
        };
        let pattern = usize::try_from(number).ok().and_then(|number| meter.0.patterns.get(number));
        let matches = pattern.ok_or_else(malformed)?.is_match(text.inner());
        Ok(CowVal::owned(CelBool::from(matches)))
    })
}

fn of_two<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<[CowVal<'b, 'v>; 2], ExecutionError> {
    args.try_into().map_err(|_| malformed())
}

fn of_three<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<[CowVal<'b, 'v>; 3], ExecutionError> {
    args.try_into().map_err(|_| malformed())
}

fn metered<'m>(value: &'m CowVal<'_, '_>) -> Result<&'m Meter, ExecutionError> {
    value.downcast_ref::<Meter>().ok_or_else(malformed)
}

fn int(value: &CowVal<'_, '_>) -> Result<i64, ExecutionError> {
    value.downcast_ref::<CelInt>().map(|int| *int.inner()).ok_or_else(malformed)
}

/// Of a call that the vetting has not made.
fn malformed() -> ExecutionError {
    ExecutionError::MissingArgumentOrTarget
}

impl Val for Meter {
    fn get_type(&self) -> &Type {
        <Self as Val>::cel_type()
    }

    fn cel_type() -> &'static Type {
        &METER_TYPE
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Meter {}
