"""One page about a design: what is proven, measured and estimated of it, in a file of its own."""
