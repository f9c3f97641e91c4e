//! The lowest layer: the defaults that settings declare.

use async_trait::async_trait;

use super::super::{
    ApplicationSpec, LayerContents, LayerRevision, LayerValue, Load, Source, SourceError, SourceValue,
    ValuePlace,
};

/// The defaults of an application file, which do not change.
pub(super) struct DefaultsSource(LayerContents);

impl DefaultsSource {
    pub(super) fn new(spec: &ApplicationSpec) -> Self {
        let value = |(path, setting): (&_, &super::super::SettingSpec)| {
            let value = SourceValue::Typed(setting.default.clone()?);
            let at = &setting.place;
            let place = ValuePlace::Default { path: at.path.clone(), line: at.line, column: at.column };
            Some((Clone::clone(path), LayerValue { value, place }))
        };
        let values = spec.settings.iter().filter_map(value).collect();
        Self(LayerContents { revision: LayerRevision("declared".into()), values })
    }
}

#[async_trait]
impl Source for DefaultsSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        Ok(match known {
            Some(_) => Load::Unchanged,
            None => Load::Contents(self.0.clone()),
        })
    }

    async fn changed(&self) {
        std::future::pending().await
    }
}
