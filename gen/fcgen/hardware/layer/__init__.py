"""A layer: its controllers, memories, element groups, requantizers and result queue.

A stream of input vectors comes in; a stream of output vectors goes out. Begin with
`fcgen.hardware.layer.layer`.
"""
