"""What a design needs in a system with a bus: header, programs and text.

A manifest comes in; files go out. Begin with `fcgen.design.interface.files`.
"""
