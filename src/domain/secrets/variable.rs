//! Which variable holds which of a webhook's own secrets.

use super::SecretField;
use crate::domain::WebhookId;

/// The secrets that variables can hold; header and algorithm of a signature have none.
pub const OWN_VARIABLES: [SecretField; 3] =
    [SecretField::BEARER_TOKEN, SecretField::CHANNEL_TOKEN, SecretField::HMAC_SECRET];

/// The variable of one secret of a webhook: `WEBHOOK_{ID}_TOKEN` and its like, the id upper-cased
/// and `-` turned into `_`. A field outside [`OWN_VARIABLES`] is named by the same rule.
pub fn variable_name(id: &WebhookId, field: SecretField) -> String {
    let field = if field == SecretField::BEARER_TOKEN { "token" } else { field.as_str() };
    format!("webhook-{}-{field}", id.as_str()).to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_after_the_id() {
        let id = WebhookId::new("my-Order_1").unwrap();
        let names = OWN_VARIABLES.map(|field| variable_name(&id, field));
        let expected = [
            "WEBHOOK_MY_ORDER_1_TOKEN",
            "WEBHOOK_MY_ORDER_1_CHANNEL_TOKEN",
            "WEBHOOK_MY_ORDER_1_HMAC_SECRET",
        ];
        assert_eq!(names, expected);
    }
}
