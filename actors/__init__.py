"""The product: a tree of actors that accept, queue, run and record jobs. Never imports `web`."""
