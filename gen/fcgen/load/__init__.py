"""Readers of weight files. Every size and dtype is checked before memory is taken for it."""
