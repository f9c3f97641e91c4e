# One server with integrated storage. Several would name each other in `retry_join`.
storage "raft" {
  path    = "/data"
  node_id = "openbao"
}

listener "tcp" {
  address         = "0.0.0.0:8200"
  cluster_address = "0.0.0.0:8201"
  tls_cert_file   = "/certs/cert.pem"
  tls_key_file    = "/certs/key.pem"
}

api_addr     = "https://openbao:8200"
cluster_addr = "https://openbao:8201"
