"""From accumulators to output codes, and their way out.

Begin with `fcgen.hardware.requantization.requantizer`.
"""
