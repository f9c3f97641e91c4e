# Reads the values that its webhooks need.
path "webhooks/data/*"        { capabilities = ["read"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
