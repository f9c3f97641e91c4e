# Writes secrets, one field or all, takes versions away and back; still reads no value.
path "webhooks/data/*"        { capabilities = ["create", "update", "patch", "delete"] }
path "webhooks/delete/*"      { capabilities = ["update"] }
path "webhooks/undelete/*"    { capabilities = ["update"] }
path "webhooks/destroy/*"     { capabilities = ["update"] }
path "webhooks/metadata/*"    { capabilities = ["list", "read", "delete"] }
path "webhooks/subkeys/*"     { capabilities = ["read"] }
path "sys/capabilities-self"  { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
