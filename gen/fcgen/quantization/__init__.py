"""Post-training quantisation: real weights and calibration data become a network of integers.

A `fcgen.load.model.Model` and vectors come in; a network and a record of what was lost go out.
Begin with `fcgen.quantization.model`, or for a single layer with
`fcgen.quantization.layer_options`.
"""
