"""Strict JSON, and output directories that are replaced as a whole.

Text from outside comes in; checked values go out. Begin with `fcgen.files.document`.
"""
