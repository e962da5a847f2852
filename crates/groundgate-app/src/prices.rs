//! Prices of models that the configuration does not price itself: this program's dated table, with
//! the user's own over it.

use crate::config::{Config, ModelApi};
use groundgate_endpoints::chat::{ListedPrice, OpenAiSettings, Price, PriceTable};

use super::{error::AppError, files};

/// The prices in force.
#[derive(Debug)]
pub struct Prices(PriceTable);

impl Prices {
    /// This program's table and the one that the configuration names.
    pub fn of(config: &Config) -> Result<Self, AppError> {
        let shipped = PriceTable::shipped()?;
        let Some(path) = &config.prices else {
            return Ok(Self(shipped));
        };
        let own = PriceTable::parse(&path.display().to_string(), &files::read_text(path)?)?;
        Ok(Self(shipped.extended_by(own)))
    }

    /// The listed price of a model; a model that is not listed has none, which is not zero.
    pub fn listed(&self, model: Option<&str>) -> Option<&ListedPrice> {
        self.0.get(model?)
    }

    /// Prices a model that has no price of its own.
    pub fn fill_chat(&self, settings: &mut OpenAiSettings) {
        settings.price = settings.price.or(self.price(settings.model.as_deref()));
    }

    /// The same API with a price, where one is listed.
    pub fn filled(&self, api: &ModelApi) -> ModelApi {
        let mut api = api.clone();
        let listed = self.price(api.model());
        match &mut api {
            ModelApi::Chat(settings) | ModelApi::Responses(settings) => {
                settings.price = settings.price.or(listed);
            }
            ModelApi::Anthropic(settings) => settings.price = settings.price.or(listed),
            ModelApi::Bedrock(settings) => settings.price = settings.price.or(listed),
        }
        api
    }

    fn price(&self, model: Option<&str>) -> Option<Price> {
        self.listed(model).map(|listed| listed.price)
    }
}
