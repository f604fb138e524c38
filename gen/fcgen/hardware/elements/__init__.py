"""Processing elements: multipliers, adder trees and accumulators.

Activations and weights come in; accumulators go out. Begin with
`fcgen.hardware.elements.processing_element`.
"""
