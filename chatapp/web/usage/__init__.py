"""The usage page: what the server spent, for its owner alone."""
