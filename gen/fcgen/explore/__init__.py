"""Sweeps over bits, foldings, packings, devices and seeds, and the front of their trade-offs."""
