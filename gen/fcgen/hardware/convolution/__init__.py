"""The windows of a convolution: a map comes in pixel by pixel, the windows leave beat by beat.

What comes in is a `Window` of the network; what goes out stands in the place of a layer's vector
memory. Read `window_memory.py` first.
"""
