"""From Zuora's documents to the contract: what `make spec` runs."""
