"""From accumulators to output values, and the queue that packs these into beats.

Accumulators of a column come in; a stream of outputs goes out. Begin with
`fcgen.hardware.requantization.requantizer_column`.
"""
