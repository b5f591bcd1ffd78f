"""One technology each, behind a port of the domain. Adapters never import each other, nor the web layer."""
