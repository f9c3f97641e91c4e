# Sees which secrets exist, and no value.
path "webhooks/metadata/*"    { capabilities = ["list", "read"] }
path "webhooks/subkeys/*"     { capabilities = ["read"] }
path "sys/capabilities-self"  { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
