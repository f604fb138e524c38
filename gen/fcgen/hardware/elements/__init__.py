"""What multiplies and accumulates.

Begin with `fcgen.hardware.elements.processing_element`.
"""
