"""One page that holds all of an experiment table, opens from disk and needs no network."""
